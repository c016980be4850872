import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePathPattern, normalizePath } from "../../src/cloudfront/configuration/path-pattern.ts";

describe("compilePathPattern()", () => {
  it.each([
    ["/api/*", "/api/notes", true],
    ["/api/*", "/api/", true],
    ["/api/*", "/api", false],
    ["/api/*", "/API/notes", false],
    ["api/*", "/api/notes", true],
    ["*.js", "/assets/deep/app.js", true],
    ["*.js", "/assets/app.jsx", false],
    ["/images/?.png", "/images/a.png", true],
    ["/images/?.png", "/images/ab.png", false],
    ["/images/?.png", "/images//.png", true],
    ["/a*/b*", "/a/x/b", true],
    ["/a.b", "/aXb", false],
    ["*", "/", true],
    ["/exact", "/exact", true],
    ["/exact", "/exact/", false],
  ])("%s on %s is %s", (pattern, path, expected) => {
    expect(compilePathPattern(pattern)(path)).toBe(expected);
  });

  it("accepts every path that matches a pattern of generated pieces", () => {
    const piece = fc.stringMatching(/^[a-z0-9./()[\]+^$|\\-]{0,6}$/);
    fc.assert(
      fc.property(piece, piece, piece, (before, between, after) => {
        expect(compilePathPattern(`/${before}*${after}`)(`/${before}${between}${after}`)).toBe(true);
      }),
    );
  });
});

describe("normalizePath()", () => {
  it.each([
    ["/a/b", "/a/b"],
    ["/a/../b", "/b"],
    ["/a/./b/", "/a/b/"],
    ["//a///b", "/a/b"],
    ["/../../a", "/a"],
    ["/%61pi/%2Fx", "/api/%2Fx"],
    ["/%2e%2e/a", "/a"],
    ["/a/..", "/"],
    ["/", "/"],
    ["/.well-known/x", "/.well-known/x"],
  ])("%s is %s", (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\/[a-zA-Z0-9./%-]{0,20}$/), (path) => {
        const once = normalizePath(path);
        fc.pre(!once.includes("%")); // a decoded percent sign could begin another escape
        expect(normalizePath(once)).toBe(once);
      }),
    );
  });
});
