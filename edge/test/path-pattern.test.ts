import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesPath } from "../src/path-pattern.ts";

describe("matchesPath()", () => {
  it.each([
    ["/api/*", "/api/", true],
    ["/api/*", "/api/a/b", true],
    ["/api/*", "/api", false],
    ["/api/*", "/API/x", false],
    ["/graphql", "/graphql", true],
    ["/graphql", "/graphql/", false],
    ["graphql", "/graphql", true],
    ["api/*", "/api/x", true],
    ["*.php", "/a/b.php", true],
    ["*.php", "/a/b.phps", false],
    ["/v?/*/end", "/v2/a/b/end", true],
    ["/v?/*/end", "/v/a/end", false],
    ["/a.c", "/abc", false],
    ["/*", "/", true],
    ["*", "/x", true],
    ["/a**b", "/a/b", true],
  ])("%s matches %s: %s", (pattern, path, expected) => {
    expect(matchesPath(pattern, path)).toBe(expected);
  });

  it("agrees with a regular expression, and is fast for every pattern", () => {
    const letters = fc.constantFrom("/", "a", "b", ".", "?", "*");
    const text = fc.array(letters, { maxLength: 10 }).map((all) => `/${all.join("")}`);
    fc.assert(
      fc.property(text, text, (pattern, path) => {
        const source = pattern.replaceAll(".", "\\.").replaceAll(/\*+/g, "[^]*").replaceAll("?", "[^]");
        expect(matchesPath(pattern, path)).toBe(new RegExp(`^${source}$`).test(path));
      }),
      { numRuns: 3000 },
    );
    expect(matchesPath(`/${"*a".repeat(100)}`, `/${"a".repeat(5000)}b`)).toBe(false);
  });
});
