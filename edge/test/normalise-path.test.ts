import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalisePath } from "../src/normalise-path.ts";
import { FUZZ_EVENTS, hostileRequest } from "./support/events.ts";

describe("normalisePath()", () => {
  it.each([
    ["/", "/"],
    ["", "/"],
    ["favicon.ico", "/favicon.ico"],
    ["/a/b.c-d_e~f", "/a/b.c-d_e~f"],
    ["/a/../../b", "/b"],
    ["/%2e%2e/%2E%2E/b", "/b"],
    ["/a%2f..%2f..%2fb", "/b"],
    ["/a\\..\\b", "/b"],
    ["/a%5c..%5C..%5cb", "/b"],
    ["//evil.example/x", "/evil.example/x"],
    ["/./a/./", "/a/"],
    ["/a/b/..", "/a/"],
    ["/../..", "/"],
    ["/.well-known/x", "/.well-known/x"],
    ["/...", "/..."],
    ["/a%20b", "/a%20b"],
    ["/%252e%252e/x", "/%252e%252e/x"],
    ["/100%", "/100%25"],
    ["/a b?c#d", "/a%20b%3Fc%23d"],
    ["/a\r\n\0", "/a%0D%0A%00"],
    ["/é/ü%20", "/%C3%A9/%C3%BC%20"],
    ["/a%20\ud800", "/%EF%BF%BD"],
    ["/a+b/c@d&e", "/a%2Bb/c%40d%26e"],
    ["/(a)!'*~", "/(a)!'*~"],
    ["/%28a%29", "/(a)"],
    ["/%C3%BC/u%CC%88", "/%C3%BC/u%CC%88"],
    ["/%ff/../x", "/x"],
    ["/%ff%2f..%2fx", "/%25ff%252f..%252fx"],
  ])("turns %j into %j", (uri, path) => {
    expect(normalisePath(uri)).toBe(path);
  });

  it("returns a path that it and the URL parser leave unchanged", () => {
    fc.assert(
      fc.property(hostileRequest, ({ uri }) => {
        const path = normalisePath(uri);
        expect(normalisePath(path)).toBe(path);
        expect(new URL(path, "http://host").pathname).toBe(path);
      }),
      { numRuns: FUZZ_EVENTS },
    );
  });
});
