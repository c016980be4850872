import { fileURLToPath } from "node:url";
import { type BuildOptions, buildSync } from "esbuild";
import type { EdgeSettings } from "../edge-settings.ts";

const packageRoot = fileURLToPath(new URL("../..", import.meta.url));

/** The CloudFront Functions, and the settings that are baked into each. */
const FUNCTIONS = {
  pinDocument: { entry: "src/functions/pin-document.ts", settings: ["protect", "kind", "base"] },
  pinPage: { entry: "src/functions/pin-page.ts", settings: ["protect", "kind", "base"] },
  status: { entry: "src/functions/status.ts", settings: [] },
  stamp: { entry: "src/functions/stamp.ts", settings: ["protect", "windowSeconds"] },
  stampAnswer: { entry: "src/functions/stamp-answer.ts", settings: ["protect", "paths"] },
  heartbeat: { entry: "src/functions/heartbeat.ts", settings: [] },
} as const satisfies Record<string, { entry: string; settings: readonly (keyof EdgeSettings)[] }>;

export type FunctionName = keyof typeof FUNCTIONS;
export const functionNames = Object.keys(FUNCTIONS) as FunctionName[];

/**
 * Bundles one CloudFront Function into the form that the runtime accepts: the import of `cloudfront`, if any, on the
 * first line, then plain code with a top-level `function handler`. Names are kept for readable errors.
 */
export function bundleFunction(name: FunctionName, settings: EdgeSettings): string {
  const { entry, settings: keys } = FUNCTIONS[name];
  const small = name === "pinDocument" || name === "pinPage"; // with whitespace they would exceed the quota
  const text = bundle(entry, settings, keys, {
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

/** Bundles the Lambda@Edge function as CommonJS: as ESM, `node:http` loads undici too, 16 ms of a cold start. */
export function bundleRoute(settings: EdgeSettings): string {
  return bundle(
    "src/route/handler.ts",
    settings,
    [
      "protect",
      "whenGone",
      "hostSuffix",
      "mapParameter",
      "mapRegion",
      "mapTtlSeconds",
      "healthPath",
      "explain",
    ],
    { format: "cjs", platform: "node", target: "node24", minifySyntax: true, minifyWhitespace: true },
  );
}

function bundle(
  entry: string,
  settings: EdgeSettings,
  keys: readonly (keyof EdgeSettings)[],
  options: BuildOptions,
): string {
  const baked = keys.map((key) => [`LOCKSTEP.${key}`, JSON.stringify(settings[key]) ?? "undefined"]);
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
 * call `require` by another name, because esbuild would wrap it.
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
