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

/** Lambda@Edge functions as CommonJS text, by what they stand for. */
export const routeVariants = {
  /** Gives the request back. */
  empty: "exports.handler = async (event) => event.Records[0].cf.request;",
  /** The one that is deployed. */
  route: bundleRoute(routeSettings),
  /** What one writes first: the SDK's client, bundled; cookies and query as objects. */
  naive: bundled("naive-route.ts"),
  /** One read with a signature by hand over node:https, and nothing else: what HTTP by hand saves, and the guards cost. */
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
