import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Rollup } from "vite";

/** A script of ours, ready to be served. */
export interface BuiltScript {
  code: string;
  /** Of its content: part of its name. */
  hash: string;
}

/** The page script: one classic file without imports, the same for every app and version. */
export const buildPageScript = (): Promise<BuiltScript> => bundle("page-script", {});

/** What comes first in every worker of an app. */
export const buildWorkerScript = (prefixes: readonly string[]): Promise<BuiltScript> =>
  bundle("worker-script", { LOCKSTEP_API_PREFIXES: JSON.stringify(prefixes) });

async function bundle(name: string, define: Record<string, string>): Promise<BuiltScript> {
  const result = (await build({
    configFile: false,
    envFile: false,
    publicDir: false,
    logLevel: "silent",
    define,
    build: {
      write: false,
      target: "es2022",
      minify: true,
      modulePreload: false,
      lib: { entry: scriptEntry(name), formats: ["iife"], name: "_", fileName: name },
    },
  })) as Rollup.RollupOutput[];
  const code = result[0]!.output[0].code.trim();
  return { code, hash: createHash("sha256").update(code).digest("base64url").slice(0, 8) };
}

/** TypeScript in this repository, JavaScript in the published package. */
function scriptEntry(name: string): string {
  const source = fileURLToPath(new URL(`../page/${name}.ts`, import.meta.url));
  return existsSync(source) ? source : source.replace(/\.ts$/, ".js");
}
