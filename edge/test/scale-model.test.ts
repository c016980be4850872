import { describe, expect, it } from "vitest";
import { type Load, QUOTAS, readsPerSecond, scaleOf, spreadOf } from "../bench/scale-model.ts";
import { MapCache } from "../src/map-cache.ts";
import { CURRENT } from "./support/events.ts";

const load: Load = {
  requestsPerSecond: 100,
  edges: 13,
  busiestShare: 0.4,
  busySeconds: 0.002,
  ttlSeconds: 5,
  memoryGb: 0.25,
};
const at = (requestsPerSecond: number, more: Partial<Load> = {}) =>
  scaleOf({ ...load, requestsPerSecond, ...more });

describe("scaleOf()", () => {
  it("needs nothing for a small app, and never reads more often than there are requests", () => {
    expect(at(1)).toMatchObject({ needs: "nothing: the defaults are enough" });
    expect(at(1).readsPerSecond).toBeLessThan(1);
  });

  it("grows with the load in everything but the age of the map", () => {
    const sizes = [1, 10, 100, 1000, 10_000, 100_000].map((rate) => at(rate));
    for (const key of ["instances", "readsPerSecond", "busiestConcurrent"] as const) {
      const figures = sizes.map((scale) => scale[key]);
      expect(figures).toEqual([...figures].sort((a, b) => a - b));
    }
    expect(new Set(sizes.map(({ maxAgeSeconds }) => maxAgeSeconds))).toEqual(new Set([5]));
  });

  it("names a TTL that brings the reads below the quota", () => {
    const { needs } = at(100_000, { busiestShare: 0.08 });
    const ttlSeconds = Number(/^mapTtlSeconds (\d+)/.exec(needs)![1]);
    expect(at(100_000, { ttlSeconds }).readsPerSecond).toBeLessThanOrEqual(QUOTAS.ssmReadsPerSecond / 2);
  });

  it("names the quota of Lambda@Edge that the busiest region exceeds", () => {
    expect(at(20_000).needs).not.toMatch(/Lambda/);
    expect(at(26_000).needs).toMatch(/Lambda@Edge quota/);
    expect(at(5000, { busySeconds: 0.6 }).needs).toMatch(/Lambda@Edge quota/);
  });

  it("returns the seconds until a change is everywhere", () => {
    expect(spreadOf(5, 10)).toEqual({ release: 17, recall: 7 });
  });
});

describe("readsPerSecond()", () => {
  it.each([
    [0.05, 5],
    [0.5, 5],
    [20, 5],
    [2, 30],
  ])("agrees with the map cache for %d requests a second and a TTL of %d s", async (rate, ttl) => {
    const simulated = await simulate(rate, ttl, 4000);
    expect(simulated / readsPerSecond(rate, 1, ttl)).toBeGreaterThan(0.93);
    expect(simulated / readsPerSecond(rate, 1, ttl)).toBeLessThan(1.07);
  });
});

/** Sends random requests to the real cache on a simulated clock; returns its reads a second. */
async function simulate(rate: number, ttlSeconds: number, reads: number): Promise<number> {
  const random = seeded(1);
  let clock = 0;
  let count = 0;
  const text = JSON.stringify({
    r: 1,
    current: CURRENT,
    floor: null,
    suffix: "shop.internal",
    versions: { [CURRENT]: { tg: "x" } },
  });
  const cache = new MapCache({
    read: async () => {
      count++;
      return text;
    },
    ttlMs: ttlSeconds * 1000,
    readTimeoutMs: 2000,
    now: () => clock,
    random,
    log: () => {},
  });
  while (count < reads) {
    clock += (-Math.log(1 - random()) / rate) * 1000;
    if (cache.ready(undefined) === undefined) await cache.wait(undefined);
    else for (let turn = 0; turn < 4; turn++) await undefined; // lets a background refresh end
  }
  return count / (clock / 1000);
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
