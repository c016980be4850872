import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MapCache, type MapEvent, type MapEventDetails } from "../src/map-cache.ts";
import { CURRENT, NEWER, OLD } from "./support/events.ts";

const TTL = 10_000;

/** Pending reads, which the test answers one by one. */
let reads: { resolve(text: string): void; reject(error: Error): void }[];
let events: ({ event: MapEvent } & MapEventDetails)[];
let cache: MapCache;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  reads = [];
  events = [];
  cache = new MapCache({
    read: () => new Promise((resolve, reject) => reads.push({ resolve, reject })),
    ttlMs: TTL,
    readTimeoutMs: 2000,
    now: Date.now,
    random: () => 0,
    log: (event, details) => events.push({ event, ...details }),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

function mapText(r: number, ids = [OLD, CURRENT]): string {
  const versions = Object.fromEntries(ids.map((id) => [id, { tg: `ls-${id}` }]));
  return JSON.stringify({ r, current: ids.at(-1), floor: null, suffix: "shop.internal", versions });
}

async function loaded(r = 1): Promise<void> {
  const first = cache.wait(undefined);
  reads.at(-1)!.resolve(mapText(r));
  await first;
  expect(events).toEqual([]);
}

/** Waits for a map, with a read that fails. */
async function failOnce(): Promise<void> {
  const waiting = cache.wait(undefined);
  reads.at(-1)!.reject(new Error("throttled"));
  await waiting;
}

describe("MapCache", () => {
  it("reads once for all requests before the first map", async () => {
    expect(cache.ready(undefined)).toBeUndefined();
    const all = [cache.wait(undefined), cache.wait(OLD), cache.wait(undefined)];
    reads[0]!.resolve(mapText(1));
    expect((await Promise.all(all)).map((known) => known?.map.r)).toEqual([1, 1, 1]);
    expect(reads.length).toBe(1);
  });

  it("serves a fresh map without reading", async () => {
    await loaded();
    vi.advanceTimersByTime(TTL / 2 - 1);
    expect(cache.ready(OLD)).toMatchObject({ map: { r: 1 }, newest: CURRENT, stale: false });
    expect(reads.length).toBe(1);
  });

  it("refreshes an ageing map in the background, once", async () => {
    await loaded();
    vi.advanceTimersByTime(TTL / 2);
    expect([cache.ready(OLD)?.map.r, cache.ready(OLD)?.map.r]).toEqual([1, 1]);
    expect(reads.length).toBe(2);
    reads[1]!.resolve(mapText(2));
    await vi.advanceTimersByTimeAsync(0);
    expect(cache.ready(OLD)?.map.r).toBe(2);
  });

  it("refreshes at a random moment between 50 and 80 % of the lifetime", async () => {
    const late = new MapCache({
      read: async () => mapText(1),
      ttlMs: TTL,
      readTimeoutMs: 2000,
      now: Date.now,
      random: () => 1,
      log: () => {},
    });
    await late.wait(undefined);
    vi.advanceTimersByTime(TTL * 0.8 - 1);
    const before = late.ready(undefined);
    expect(before).toBeDefined();
    expect(late.ageMs).toBe(TTL * 0.8 - 1);
  });

  it("makes a request wait when the map is past its lifetime, as after a frozen environment", async () => {
    await loaded();
    vi.advanceTimersByTime(3_600_000);
    expect(cache.ready(OLD)).toBeUndefined();
    const waiting = cache.wait(OLD);
    reads[1]!.resolve(mapText(2));
    expect(await waiting).toMatchObject({ map: { r: 2 }, stale: false });
  });

  it("waits at most 300 ms when it has a map, then serves that", async () => {
    await loaded();
    vi.advanceTimersByTime(TTL);
    const waiting = cache.wait(OLD);
    await vi.advanceTimersByTimeAsync(299);
    await expect(Promise.race([waiting, Promise.resolve("still waiting")])).resolves.toBe("still waiting");
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toMatchObject({ map: { r: 1 }, stale: true });
  });

  it("without any map, waits at most 300 ms for a pinned request, and for the read when there is no pin", async () => {
    const pinned = cache.wait(OLD);
    const unpinned = cache.wait(undefined);
    await vi.advanceTimersByTimeAsync(300);
    expect(await pinned).toBeUndefined();
    reads[0]!.resolve(mapText(1));
    expect((await unpinned)?.map.r).toBe(1);
  });

  it("waits for the read when there is no pin and the map names no current version", async () => {
    const first = cache.wait(undefined);
    reads[0]!.resolve(
      JSON.stringify({ r: 0, current: null, floor: null, suffix: "shop.internal", versions: {} }),
    );
    await first;
    vi.advanceTimersByTime(TTL);
    const waiting = cache.wait(undefined);
    await vi.advanceTimersByTimeAsync(1000);
    reads[1]!.resolve(mapText(1));
    expect((await waiting)?.map.current).toBe(CURRENT);
  });

  it("waits for the read when there is no pin: the current version of an old map may be gone", async () => {
    await loaded();
    vi.advanceTimersByTime(3_600_000);
    const waiting = cache.wait(undefined);
    await vi.advanceTimersByTimeAsync(1000);
    reads[1]!.resolve(mapText(2, [OLD, CURRENT, NEWER]));
    expect((await waiting)?.map.current).toBe(NEWER);
  });

  it("serves the last map, however old, while SSM fails, and delays no request", async () => {
    await loaded();
    vi.advanceTimersByTime(TTL);
    await failOnce();
    for (let second = 0; second < 3600; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      expect(cache.ready(OLD)).toMatchObject({ map: { r: 1 }, stale: true });
      reads.at(-1)!.reject(new Error("throttled"));
    }
    expect(reads.length).toBe(2 + 3600);
    expect(events[0]).toMatchObject({ event: "map-unreadable", reason: "throttled", revision: 1 });
  });

  it("reads at most once a second while SSM fails and there is no map", async () => {
    await failOnce();
    for (let times = 0; times < 100; times++) expect(await cache.wait(OLD)).toBeUndefined();
    expect(reads.length).toBe(1);
    vi.advanceTimersByTime(1000);
    const waiting = cache.wait(OLD);
    reads[1]!.resolve(mapText(1));
    expect((await waiting)?.map.r).toBe(1);
    expect(events.map(({ event }) => event)).toEqual(["map-unreadable", "map-recovered"]);
  });

  it("reads at once for a pin newer than the map, but at most once a second", async () => {
    await loaded();
    vi.advanceTimersByTime(2000);
    expect(cache.ready(NEWER)).toBeUndefined();
    const waiting = Array.from({ length: 50 }, () => cache.wait(NEWER));
    reads[1]!.resolve(mapText(2));
    await Promise.all(waiting);
    for (let times = 0; times < 50; times++) expect(cache.ready(NEWER)?.map.r).toBe(2);
    expect(reads.length).toBe(2);
    vi.advanceTimersByTime(1000);
    expect(cache.ready(NEWER)).toBeUndefined();
  });

  it("reads at once, but at most once a second, without a pin before the first release", async () => {
    const none = JSON.stringify({ r: 0, current: null, floor: null, suffix: "shop.internal", versions: {} });
    const first = cache.wait(undefined);
    reads[0]!.resolve(none);
    await first;
    expect(cache.ready(undefined)).toBeUndefined();
    const waiting = Array.from({ length: 50 }, () => cache.wait(undefined));
    reads[1]!.resolve(none);
    await Promise.all(waiting);
    expect([cache.ready(undefined)?.map.current, reads.length]).toEqual([null, 2]);
    vi.advanceTimersByTime(1000);
    expect(cache.ready(undefined)).toBeUndefined();
    const released = cache.wait(undefined);
    reads[2]!.resolve(mapText(1));
    expect((await released)?.map.current).toBe(CURRENT);
  });

  it("finds a newer pin in the map that it read for it", async () => {
    await loaded();
    const waiting = cache.wait(NEWER);
    reads[1]!.resolve(mapText(2, [OLD, CURRENT, NEWER]));
    expect(Object.keys((await waiting)!.map.versions)).toContain(NEWER);
    expect(cache.ready(NEWER)?.newest).toBe(NEWER);
  });

  it("does not read for an unknown pin that is older than the newest version", async () => {
    await loaded();
    expect(cache.ready("20261121-000000-0000000")).toBeDefined();
    expect(reads.length).toBe(1);
  });

  it.each([
    ["damaged", "{"],
    ["incomplete", JSON.stringify({ r: 9 })],
    ["oversized", mapText(9) + " ".repeat(9000)],
  ])("refuses a %s map and keeps the last good one", async (_what, text) => {
    await loaded();
    vi.advanceTimersByTime(TTL);
    const waiting = cache.wait(undefined);
    reads[1]!.resolve(text);
    expect(await waiting).toMatchObject({ map: { r: 1 }, stale: true });
    expect(events).toMatchObject([{ event: "map-refused", revision: 1 }]);
  });

  it("never replaces a map with an older revision, and logs it", async () => {
    await loaded(5);
    vi.advanceTimersByTime(TTL);
    const waiting = cache.wait(undefined);
    reads[1]!.resolve(mapText(4));
    expect(await waiting).toMatchObject({ map: { r: 5 }, stale: false });
    expect(events).toMatchObject([
      { event: "map-older", reason: "read revision 4, but revision 5 is cached" },
    ]);
  });

  it("abandons a read that was frozen with its environment, whatever its result", async () => {
    await loaded(1);
    vi.advanceTimersByTime(TTL / 2);
    cache.ready(undefined);
    vi.setSystemTime(Date.now() + 600_000);
    const waiting = cache.wait(undefined);
    expect(reads.length).toBe(3);
    reads[2]!.resolve(mapText(3));
    expect((await waiting)?.map.r).toBe(3);
    reads[1]!.reject(new Error("socket hang up"));
    await vi.advanceTimersByTimeAsync(0);
    expect([cache.ready(undefined)?.map.r, events.map(({ event }) => event)]).toEqual([3, ["map-taken"]]);
  });

  it("counts the age of a map from the start of its read", async () => {
    const waiting = cache.wait(undefined);
    await vi.advanceTimersByTimeAsync(1500);
    reads[0]!.resolve(mapText(1));
    await waiting;
    expect(cache.ageMs).toBe(1500);
  });

  it("reads again when the clock was set back", async () => {
    await loaded();
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(cache.ready(undefined)).toBeUndefined();
    const waiting = cache.wait(undefined);
    reads[1]!.resolve(mapText(2));
    expect(await waiting).toMatchObject({ map: { r: 2 }, stale: false });
    expect(cache.ready(undefined)?.map.r).toBe(2);
  });
});
