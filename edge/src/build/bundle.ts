import { fileURLToPath } from "node:url";
import { type BuildOptions, buildSync } from "esbuild";
import type { EdgeSettings } from "../edge-settings.ts";

const packageRoot = fileURLToPath(new URL("../..", import.meta.url));

/** The entries of the CloudFront Functions. */
const FUNCTIONS = {
  pinDocument: "src/functions/pin-document.ts",
  pinPage: "src/functions/pin-page.ts",
  status: "src/functions/status.ts",
  stamp: "src/functions/stamp.ts",
  stampAnswer: "src/functions/stamp-answer.ts",
  heartbeat: "src/functions/heartbeat.ts",
};

export type FunctionName = keyof typeof FUNCTIONS;
export const functionNames = Object.keys(FUNCTIONS) as FunctionName[];

/**
 * Bundles one CloudFront Function into the form that the runtime accepts: the import of `cloudfront`, if any, on the
 * first line, then plain code with a top-level `function handler`. Names are kept for readable errors.
 */
export function bundleFunction(name: FunctionName, settings: EdgeSettings): string {
  const small = name === "pinDocument" || name === "pinPage"; // with whitespace they would exceed the quota
  const text = bundle(FUNCTIONS[name], settings, {
    format: "esm",
    platform: "neutral",
    external: ["cloudfront"],
    // esbuild rewrites newer syntax to what the runtime has; inspectFunction() reports what it cannot rewrite.
    target: "es2017",
    supported: { "object-extensions": false, "default-argument": false, destructuring: false },
    minifySyntax: small,
    minifyWhitespace: small,
  });
  return asFunctionCode(name, text);
}

/**
 * Bundles the Lambda@Edge function as CommonJS. In ESM, importing `node:http` also loads undici, which adds 16 ms to a
 * cold start.
 */
export function bundleRoute(settings: EdgeSettings): string {
  return bundle("src/route/handler.ts", settings, {
    format: "cjs",
    platform: "node",
    target: "node24",
    minifySyntax: true,
    minifyWhitespace: true,
  });
}

/**
 * Replaces each `LOCKSTEP.<setting>` in the code with its value, so a bundle contains only the settings that it uses.
 */
function bundle(entry: string, settings: EdgeSettings, options: BuildOptions): string {
  const all = Object.entries({ kind: undefined, base: undefined, ...settings });
  const baked = all.map(([key, value]) => [`LOCKSTEP.${key}`, JSON.stringify(value) ?? "undefined"]);
  const result = buildSync({
    ...options,
    absWorkingDir: packageRoot,
    entryPoints: [entry],
    bundle: true,
    write: false,
    charset: "ascii",
    legalComments: "none",
    logLevel: "silent",
    define: Object.fromEntries(baked),
  });
  return result.outputFiles![0]!.text;
}

/**
 * Adapts esbuild's output to the runtime, which has no exports and allows an import only on the first line. The sources
 * use another name for `require`, because esbuild would wrap calls of `require`.
 */
function asFunctionCode(name: string, text: string): string {
  const code = text
    .replace(/^\/\/ .*\n/gm, "")
    .replaceAll("runtimeRequire(", "require(")
    .replace(/^([\s\S]*?)import cf from ?"cloudfront";\n*/, 'import cf from "cloudfront";\n$1')
    // Puts each function on its own line where whitespace was removed.
    .replace(/([;}])(async )?function (\w+)\(/g, "$1\n$2function $3(")
    .replace(/\s?export ?\{\s*handler\s*\};\n$/, "\n");
  if (/^export /m.test(code)) throw new Error(`${name}: its entry must export "handler" and nothing else.`);
  return code;
}
