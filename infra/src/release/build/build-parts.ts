import { join } from "node:path";
import {
  BASE_ENVIRONMENT,
  HASHED_FOLDERS_ENVIRONMENT,
  PATHS_ENVIRONMENT,
  POLL_ENVIRONMENT,
  VERSION_ENVIRONMENT,
} from "@lockstep/edge/names";
import { runCommand } from "../../base/run-command.ts";
import { type LockstepConfig, projectRoot } from "../../config/config.ts";

/**
 * Builds the frontend or the API of a version: runs its build command in its folder. The command inherits the
 * environment and receives `LOCKSTEP_VERSION`. The command of the frontend also receives how the frontend will be
 * served.
 *
 * @returns the output folder of the build
 * @throws LockstepError BUILD_FAILED with the last lines of the output
 */
export async function buildPart(
  part: "web" | "api",
  id: string,
  config: LockstepConfig,
  signal?: AbortSignal,
): Promise<string> {
  const { folder, build, output } = config[part];
  const cwd = join(projectRoot, folder);
  await runCommand(build, [], {
    cwd,
    env: {
      [VERSION_ENVIRONMENT]: id,
      [POLL_ENVIRONMENT]: String(config.protection.heartbeatSeconds),
      ...(part === "web" && servingEnvironment(config)),
    },
    signal,
    code: "BUILD_FAILED",
    shell: true,
  });
  return join(cwd, output);
}

function servingEnvironment({ web, api }: LockstepConfig): Record<string, string> {
  return {
    [PATHS_ENVIRONMENT]: api.pathPatterns.join(" "),
    [HASHED_FOLDERS_ENVIRONMENT]: web.hashedFolders.join(" "),
    [BASE_ENVIRONMENT]: web.base,
  };
}
