import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { bundleRoute } from "../src/build/bundle.ts";
import type { EdgeSettings } from "../src/edge-settings.ts";
import { versionMapParameter } from "../src/names.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

export const routeSettings: EdgeSettings = {
  protect: true,
  windowSeconds: 86_400,
  whenGone: "current",
  hostSuffix: "shop.internal",
  mapParameter: versionMapParameter("shop"),
  mapRegion: "eu-west-1",
  mapTtlSeconds: 300,
  paths: ["/api/*", "/graphql"],
  healthPath: "/api/health",
  explain: true,
};

/** The Lambda@Edge functions that are compared, as CommonJS text. */
export const routeVariants = {
  /** Returns the request. */
  empty: "exports.handler = async (event) => event.Records[0].cf.request;",
  /** The deployed function. */
  route: bundleRoute(routeSettings),
  /** The obvious implementation: the SDK's client, bundled; cookies and query as objects. */
  naive: bundled("naive-route.ts"),
  /** Only one signed read over node:https: the difference to `route` is the cost of its guards. */
  bare: bundled("bare-signature.ts"),
} satisfies Record<string, string>;

export type RouteVariant = keyof typeof routeVariants;

function bundled(entry: string): string {
  const result = buildSync({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: "node24",
    minify: true,
    logLevel: "silent",
  });
  return result.outputFiles[0]!.text;
}
