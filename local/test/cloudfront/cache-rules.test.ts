import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cacheKey, normalizedEncoding } from "../../src/cloudfront/cache/cache-key.ts";
import { freshnessSeconds } from "../../src/cloudfront/cache/freshness.ts";
import type { CachePolicy } from "../../src/cloudfront/configuration/distribution.ts";
import { compileSelection } from "../../src/cloudfront/configuration/selection.ts";
import { type EdgeRequest, newFields } from "../../src/cloudfront/exchange/exchange.ts";

const now = Date.parse("2026-11-23T10:00:00Z");

function policy(change: Partial<CachePolicy> = {}): CachePolicy {
  const none = compileSelection("none");
  return {
    minSeconds: 0,
    defaultSeconds: 86_400,
    maxSeconds: 31_536_000,
    gzip: false,
    brotli: false,
    headers: none,
    cookies: none,
    queries: none,
    ...change,
  };
}

function request(change: Partial<EdgeRequest>): EdgeRequest {
  return {
    id: "1",
    ip: "::1",
    httpVersion: "1.1",
    method: "GET",
    path: "/p",
    query: "",
    fields: newFields(),
    body: undefined,
    upgrade: false,
    ...change,
  };
}

describe("cacheKey()", () => {
  const one = request({
    query: "a=1&b=2",
    fields: newFields({ cookie: ["c=1"], "x-v": ["1"], host: ["one"] }),
  });
  const two = request({
    query: "a=1&b=3",
    fields: newFields({ cookie: ["c=2"], "x-v": ["2"], host: ["two"] }),
  });

  it("is the same for all viewers if the policy selects nothing", () => {
    expect(cacheKey(policy(), one)).toBe(cacheKey(policy(), two));
  });

  it.each([
    ["a header", { headers: compileSelection("whitelist", ["X-V"], "lower-case") }],
    ["a cookie", { cookies: compileSelection("whitelist", ["c"]) }],
    ["a parameter", { queries: compileSelection("whitelist", ["b"]) }],
    ["all parameters except another one", { queries: compileSelection("allExcept", ["a"]) }],
    ["all parameters", { queries: compileSelection("all") }],
  ])("differs by %s that the policy selects", (_, change) => {
    expect(cacheKey(policy(change), one)).not.toBe(cacheKey(policy(change), two));
  });

  it("does not depend on what the policy does not select", () => {
    const change = { queries: compileSelection("whitelist", ["a"]) };
    expect(cacheKey(policy(change), one)).toBe(cacheKey(policy(change), two));
  });
});

describe("normalizedEncoding()", () => {
  it.each([
    ["gzip, deflate, br", "br,gzip"],
    ["gzip", "gzip"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["deflate", undefined],
    ["GZIP", "gzip"],
  ])("converts %s to %s", (accepted, expected) => {
    const fields = newFields({ "accept-encoding": [accepted] });
    expect(normalizedEncoding(policy({ gzip: true, brotli: true }), request({ fields }))).toBe(expected);
  });
});

describe("freshnessSeconds()", () => {
  const none = new Map<number, number>();
  const seconds = (
    status: number,
    control: string | undefined,
    change: Partial<CachePolicy> = {},
    errors = none,
  ) =>
    freshnessSeconds(
      status,
      newFields(control === undefined ? {} : { "cache-control": [control] }),
      policy(change),
      errors,
      now,
    );

  it("prefers s-maxage, then max-age, then the default", () => {
    expect(seconds(200, "max-age=5, s-maxage=7")).toBe(7);
    expect(seconds(200, "public, max-age=5")).toBe(5);
    expect(seconds(200, undefined)).toBe(86_400);
  });

  it("is 0 if the origin forbids storing, unless the policy has a minimum", () => {
    for (const control of ["no-store", "private, max-age=5", "no-cache"]) {
      expect(seconds(200, control)).toBe(0);
      expect(seconds(200, control, { minSeconds: 3 })).toBe(3);
    }
  });

  it("is 0 for a success if caching is disabled", () => {
    expect(seconds(200, "max-age=60", { defaultSeconds: 0, maxSeconds: 0 })).toBe(0);
  });

  it("is ten seconds for errors even if caching is disabled, unless the distribution configures another time", () => {
    expect(seconds(503, undefined, { defaultSeconds: 0, maxSeconds: 0 })).toBe(10);
    expect(seconds(404, "no-store")).toBe(10);
    expect(seconds(404, undefined, {}, new Map([[404, 0]]))).toBe(0);
    expect(seconds(409, undefined)).toBe(0);
  });

  it("reads Expires", () => {
    const fields = newFields({ expires: [new Date(now + 30_000).toUTCString()] });
    expect(freshnessSeconds(200, fields, policy(), none, now)).toBe(30);
  });

  it("stays within the policy's bounds", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.nat(5000), (min, more, asked) => {
        const kept = seconds(200, `max-age=${asked}`, {
          minSeconds: min,
          defaultSeconds: min,
          maxSeconds: min + more,
        });
        expect(kept).toBeGreaterThanOrEqual(min);
        expect(kept).toBeLessThanOrEqual(min + more);
      }),
    );
  });
});
