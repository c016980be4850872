import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ConfigError } from "./config-error.ts";
import { defineConfig } from "./define-config.ts";
import type { LockstepConfig, LockstepConfigInput } from "./schema.ts";

/** The root of this repository: folders in the configuration are relative to it. */
export const projectRoot: string = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Loads the configuration from `path`. Default: the environment variable `LOCKSTEP_CONFIG`, else `lockstep.config.ts`.
 * A relative path is relative to the root of the repository, not to the working directory.
 *
 * @throws ConfigError if the file is missing, has no default export, or its configuration is invalid
 */
export async function loadConfig(path?: string): Promise<LockstepConfig> {
  const file = resolve(projectRoot, path ?? (process.env.LOCKSTEP_CONFIG || "lockstep.config.ts"));
  const name = relative(projectRoot, file);
  if (!existsSync(file)) throw fileError(name, "a configuration file", "no such file");
  const module = await import(pathToFileURL(file).href).catch((cause: unknown) => {
    if (cause instanceof ConfigError) throw new ConfigError(cause.problems, name, { cause });
    throw fileError(name, "a file that can be imported", String(cause), { cause });
  });
  if (module.default === undefined) throw fileError(name, "a default export", "none");
  return defineConfig(module.default as LockstepConfigInput, name);
}

function fileError(name: string, expected: string, got: string, options?: ErrorOptions): ConfigError {
  const example = `export default defineConfig({ app: "shop", region: "eu-west-1", … }); LOCKSTEP_CONFIG=<file> names another file`;
  return new ConfigError([{ path: "(the file)", expected, got, example }], name, options);
}
