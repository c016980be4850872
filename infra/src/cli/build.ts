import { formatVersionId } from "@lockstep/edge/version-id";
import { Command } from "commander";
import { allOrAbort } from "../base/all-or-abort.ts";
import { loadConfig, projectRoot } from "../config/config.ts";
import { buildPart } from "../release/build/build-parts.ts";
import { readGitState } from "../release/build/git-state.ts";
import { refuseOtherFiles, saveBuild } from "../release/build/saved-build.ts";
import { type Io, processIo, runCommandLine } from "./run-command-line.ts";
import { nextCommand } from "./view/next-command.ts";
import { createProgress } from "./view/progress.ts";

/** `npm run build`: builds frontend and API as a release would, and uploads nothing. @returns the exit code */
export function runBuild(args: readonly string[], io: Io): Promise<number> {
  const program = new Command("build")
    .description("Build the frontend and the API as a release would. Needs no AWS.")
    .option("--out <dir>", "copy the build to this folder, for `npm run release -- --skip-build <dir>`")
    .addHelpText("after", "\nExamples:\n  npm run build\n  npm run build -- --out build")
    .action(async ({ out }: { out?: string }) => {
      if (out !== undefined) await refuseOtherFiles(out); // before the build, which takes long
      const config = await loadConfig();
      const { commit, dirty } = await readGitState(projectRoot, { allowDirty: true });
      const id = formatVersionId(Date.now(), commit);
      const progress = createProgress({
        write: io.out,
        color: io.color,
        now: Date.now,
        environment: io.environment,
      });
      const [web, api] = await allOrAbort<[string, string]>([
        (signal) => progress.step("Build web", () => buildPart("web", id, config, signal)),
        (signal) => progress.step("Build API", () => buildPart("api", id, config, signal)),
      ]);
      if (out !== undefined) await saveBuild(out, { id, commit, dirty }, { web, api });
      io.out(`\nBuilt as ${id}: ${out ?? `${web}, ${api}`}\n`);
      if (out !== undefined)
        io.out(`Next: ${nextCommand(`npm run release -- --skip-build ${out}`, io.environment)}\n`);
    });
  return runCommandLine(program, args, io);
}

if (import.meta.main) process.exitCode = await runBuild(process.argv.slice(2), processIo());
