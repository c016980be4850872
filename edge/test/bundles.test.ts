import { describe, expect, it } from "vitest";
import { buildEdge, type EdgeSettings } from "../src/build/build.ts";
import { FUNCTION_MAX_BYTES } from "../src/build/inspect-function.ts";

const settings: EdgeSettings = {
  protect: true,
  windowSeconds: 86_400,
  whenGone: "current",
  hostSuffix: "shop.internal",
  mapParameter: "/lockstep/shop/version-map",
  mapRegion: "eu-west-1",
  mapTtlSeconds: 5,
  explain: true,
};
const edge = buildEdge(settings);

describe("buildEdge()", () => {
  it.each(["pinApi", "pinDocument", "status", "stamp"] as const)(
    "makes a %s that is small plain code with a top-level handler",
    (name) => {
      expect(edge[name].length).toBeLessThan(FUNCTION_MAX_BYTES);
      expect(edge[name]).toMatch(/^(async )?function handler\(event\)/m);
      expect(edge[name].startsWith('import cf from "cloudfront";\n')).toBe(
        name === "pinDocument" || name === "status",
      );
    },
  );

  it("makes functions that are fit with every setting turned round", () => {
    expect(() =>
      buildEdge({ ...settings, protect: false, explain: false, whenGone: "refuse" }),
    ).not.toThrow();
  });

  it("makes the same text of the same settings", () => {
    expect(buildEdge({ ...settings })).toEqual(edge);
  });

  it("changes only the functions that use a changed setting", () => {
    const other = buildEdge({ ...settings, windowSeconds: 3600, mapTtlSeconds: 10 });
    expect([other.pinApi === edge.pinApi, other.pinDocument === edge.pinDocument]).toEqual([true, true]);
    expect([other.stamp === edge.stamp, other.route === edge.route]).toEqual([false, false]);
  });
});
