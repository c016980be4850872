import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Rollup } from "vite";

/** A bundled and minified script of the client. */
export interface BuiltScript {
  code: string;
  /** Hash of the code, for the file name. */
  hash: string;
}

type Name = "page-script" | "worker-script";

/** Builds the page script: one classic script without imports, the same for every app and version. */
export async function buildPageScript(): Promise<BuiltScript> {
  return built(await codeOf("page-script"));
}

/** Builds the script that runs first in every worker of an app. */
export async function buildWorkerScript(paths: readonly string[]): Promise<BuiltScript> {
  const code = await codeOf("worker-script");
  return built(code.replace("LOCKSTEP_PATHS", () => JSON.stringify(paths.join(" "))));
}

/**
 * Path of a script in the packed client. The file does not exist in this repository, where each build bundles the
 * source.
 */
function packedScript(name: Name): string {
  return fileURLToPath(new URL(`../page/${name}.min.js`, import.meta.url));
}

/** Bundles a script from its source with the app's Vite, a peer dependency. */
export async function bundleScript(name: Name): Promise<string> {
  const { build } = await import("vite");
  const entry = fileURLToPath(new URL(`../page/${name}.ts`, import.meta.url));
  const result = (await build({
    configFile: false,
    envFile: false,
    publicDir: false,
    logLevel: "silent",
    build: {
      write: false,
      target: "es2022",
      minify: true,
      lib: { entry, formats: ["iife"], name: "_", fileName: name },
    },
  })) as Rollup.RollupOutput[];
  return result[0]!.output[0].code.trim();
}

async function codeOf(name: Name): Promise<string> {
  const packed = packedScript(name);
  return existsSync(packed) ? readFileSync(packed, "utf8") : bundleScript(name);
}

function built(code: string): BuiltScript {
  return { code, hash: createHash("sha256").update(code).digest("base64url").slice(0, 8) };
}
