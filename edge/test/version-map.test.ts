import { describe, expect, it } from "vitest";
import { hostOf, parseVersionMap, VERSION_MAP_MAX_BYTES, type VersionMap } from "../src/version-map.ts";
import { CURRENT, OLD } from "./support/events.ts";

const map: VersionMap = {
  r: 12,
  current: CURRENT,
  floor: null,
  suffix: "shop.internal",
  versions: { [CURRENT]: { tg: `ls-${CURRENT}` }, [OLD]: { tg: `ls-${OLD}` } },
};

describe("parseVersionMap()", () => {
  it("reads a map", () => {
    expect(parseVersionMap(JSON.stringify(map))).toEqual(map);
  });

  it("reads the map of an app without a release", () => {
    const empty = { ...map, current: null, versions: {} };
    expect(parseVersionMap(JSON.stringify(empty))).toEqual(empty);
  });

  it.each([
    ["invalid JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["no revision", { ...map, r: undefined }],
    ["a revision that is not a number", { ...map, r: "12" }],
    ["a current that is not an id", { ...map, current: "latest" }],
    ["a current that is not routable", { ...map, versions: {} }],
    ["a floor that is not an id", { ...map, floor: 0 }],
    ["no suffix", { ...map, suffix: "" }],
    ["a suffix that is not a host name", { ...map, suffix: "a\r\nb" }],
    ["a version that is not an id", { ...map, versions: { ...map.versions, latest: { tg: "x" } } }],
    ["versions in a list", { ...map, versions: [] }],
  ])("refuses a map with %s", (_what, damaged) => {
    expect(() => parseVersionMap(typeof damaged === "string" ? damaged : JSON.stringify(damaged))).toThrow();
  });

  it("has room for the 90 versions that an account can hold", () => {
    const versions = Object.fromEntries(
      Array.from({ length: 90 }, (_, at) => `20261122-1015${String(at).padStart(2, "0")}-1f3a9c2`).map(
        (id) => [id, { tg: `ls-${id}` }],
      ),
    );
    expect(JSON.stringify({ ...map, current: null, versions }).length).toBeLessThan(VERSION_MAP_MAX_BYTES);
  });
});

describe("hostOf()", () => {
  it("puts the id before the suffix", () => {
    expect(hostOf(OLD, "shop.internal")).toBe(`${OLD}.shop.internal`);
  });
});
