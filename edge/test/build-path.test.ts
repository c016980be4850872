import { describe, expect, it } from "vitest";
import { buildPrefix, isBuildFile } from "../src/build-path.ts";
import { OLD } from "./support/events.ts";

describe("buildPrefix()", () => {
  it("is a key, without a slash at its start", () => {
    expect(buildPrefix(OLD)).toBe(`builds/${OLD}/`);
  });
});

describe("isBuildFile()", () => {
  it("accepts the path of a file in a version's folder", () => {
    expect(isBuildFile(`/${buildPrefix(OLD)}chunk.js`)).toBe(true);
  });

  it.each([
    `/builds/${OLD}`,
    `/builds/${OLD}/`,
    "/builds/latest/x.js",
    `/builds/${OLD}x/y.js`,
    `/x/builds/${OLD}/y.js`,
    "/",
  ])("refuses %s", (path) => {
    expect(isBuildFile(path)).toBe(false);
  });
});
