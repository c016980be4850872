import type { EdgeSettings } from "../../src/edge-settings.ts";

/** The settings of the functions under test. */
export const edgeSettings: EdgeSettings = {
  protect: true,
  windowSeconds: 86_400,
  whenGone: "current",
  hostSuffix: "shop.internal",
  mapParameter: "/lockstep/shop/version-map",
  mapRegion: "eu-west-1",
  mapTtlSeconds: 5,
  paths: ["/api/*", "/graphql"],
  healthPath: "/api/health",
  explain: true,
};
