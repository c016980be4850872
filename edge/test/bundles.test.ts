import { describe, expect, it } from "vitest";
import { buildEdge } from "../src/build/build.ts";
import { FUNCTION_MAX_BYTES } from "../src/build/inspect-function.ts";
import { edgeSettings } from "./support/settings.ts";

const edge = buildEdge(edgeSettings);

describe("buildEdge()", () => {
  it.each(["pinDocument", "pinFile", "status", "stamp", "stampAnswer", "heartbeat"] as const)(
    "makes a %s that is small plain code with a top-level handler",
    (name) => {
      expect(edge[name].length).toBeLessThan(FUNCTION_MAX_BYTES);
      expect(edge[name]).toMatch(/^(async )?function handler\(event\)/m);
      expect(edge[name].startsWith('import cf from "cloudfront";\n')).toBe(
        name === "pinDocument" || name === "pinFile" || name === "status",
      );
    },
  );

  it("makes functions that CloudFront accepts with every setting inverted", () => {
    expect(() =>
      buildEdge({ ...edgeSettings, protect: false, explain: false, whenGone: "refuse" }),
    ).not.toThrow();
  });

  it.each([{ kind: "pages" as const }, { base: "/app/" }, { kind: "pages" as const, base: "/docs/v1.2/" }])(
    "makes one function for all paths with %j",
    (change) => {
      const other = buildEdge({ ...edgeSettings, ...change });
      expect(other.pinDocument).toBe(other.pinFile);
      expect(other.pinDocument).not.toBe(edge.pinFile);
    },
  );

  it("makes the same text from the same settings", () => {
    expect(buildEdge({ ...edgeSettings })).toEqual(edge);
  });

  it("changes only the functions that use a changed setting", () => {
    const other = buildEdge({ ...edgeSettings, windowSeconds: 3600, mapTtlSeconds: 10 });
    expect([other.stampAnswer === edge.stampAnswer, other.pinDocument === edge.pinDocument]).toEqual([
      true,
      true,
    ]);
    expect([other.stamp === edge.stamp, other.route === edge.route]).toEqual([false, false]);
    expect(buildEdge({ ...edgeSettings, paths: ["/rest/*"] }).stampAnswer).toContain('"/rest/*"');
  });
});
