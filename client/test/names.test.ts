import { describe, expect, it } from "vitest";
import * as names from "../src/names.ts";

// The client depends on nothing, so it repeats the names that it shares with the edge.
const edge = (await import(new URL("../../edge/src/names.ts", import.meta.url).href)) as Record<
  string,
  unknown
>;
const { isVersionId } = (await import(new URL("../../edge/src/version-id.ts", import.meta.url).href)) as {
  isVersionId(id: string): boolean;
};

describe("the client's names", () => {
  it("are those of the edge", () => {
    const shared = Object.entries(names).filter(([name]) => name in edge);
    expect(shared.map(([name]) => name).sort()).toEqual([
      "CURRENT_HEADER",
      "GONE_TYPE",
      "HEARTBEAT_PATH",
      "OUTCOME_HEADER",
      "STATUS_PATH",
      "VERSION_HEADER",
      "VERSION_QUERY",
    ]);
    for (const [name, value] of shared) expect(value, name).toBe(edge[name]);
  });

  it.each([
    "20261122-101500-1f3a9c2",
    "20261122-101500-1F3A9C2",
    "20261122-101500-1f3a9c",
    "20261122-101500-1f3a9c22",
    "2026112-101500-1f3a9c2",
    "20261122_101500_1f3a9c2",
    "",
  ])("take %j for a version id exactly if the edge does", (id) => {
    expect(new RegExp(`^${names.VERSION_ID}$`).test(id)).toBe(isVersionId(id));
  });
});
