import { type IndexedMap, indexMap } from "./decide-route.ts";
import { parseVersionMap, VERSION_MAP_MAX_BYTES, type VersionMap } from "./version-map.ts";

/** Maximum wait of a pinned request. After it, an older map or the host derived from the pin decides. */
const MAX_WAIT_MS = 300;
/** A map is refreshed in the background at a random moment between these fractions of its lifetime. */
export const REFRESH_FROM = 0.5;
export const REFRESH_UNTIL = 0.8;
/**
 * Minimum time between two reads that wait for a newer map: a pin is newer than the map, or the map has no current
 * version yet.
 */
const NEWER_PIN_INTERVAL_MS = 1000;
/** Minimum time between two attempts while SSM fails. */
const RETRY_INTERVAL_MS = 1000;

export interface MapCacheOptions {
  /** Reads the parameter's text. Settles within `readTimeoutMs`, unless the environment is frozen. */
  read: () => Promise<string>;
  /** Lifetime of a map. When it is over, a request waits for a new map, unless SSM fails. */
  ttlMs: number;
  /** A read that has not settled after this time was frozen with its environment and is abandoned. */
  readTimeoutMs: number;
  /** Milliseconds since the epoch. The wall clock: the monotonic clock of a frozen environment may stop. */
  now: () => number;
  /** Returns a number from 0 (inclusive) to 1 (exclusive), for jitter. */
  random: () => number;
  /** Called when a newer map arrives, a read fails, or reads recover. The callee throttles log lines. */
  log: (event: MapEvent, details: MapEventDetails) => void;
}

export type MapEvent = "map-taken" | "map-unreadable" | "map-refused" | "map-older" | "map-recovered";

export interface MapEventDetails {
  reason?: string | undefined;
  /** Revision and age of the map in use after the event; absent when there is none. */
  revision?: number | undefined;
  ageMs?: number | undefined;
}

interface Flight {
  startedAt: number;
  done: Promise<void>;
}

/**
 * The version map of one instance of `route`:
 *
 *     age   0 ────────────── 50–80 % of the TTL ────────────── TTL ──────────────────────►
 *           used             used, and refreshed               requests wait for a refresh;
 *                            in the background                  while SSM fails, they use it
 *
 * The threshold is random for each map, so that instances that started together do not read together. Nothing here
 * throws. Only a map that parses and is not older replaces the cached one.
 */
export class MapCache {
  readonly #options: MapCacheOptions;
  #cached: IndexedMap | undefined;
  /** When the read of the map started, in milliseconds since the epoch. The map is at least as new as that. */
  #readAt = 0;
  #refreshAfterMs = 0;
  #flight: Flight | undefined;
  #failing = false;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #newerPinAt = Number.NEGATIVE_INFINITY;

  constructor(options: MapCacheOptions) {
    this.#options = options;
  }

  /** Age of the cached map; `undefined` when there is none. */
  get ageMs(): number | undefined {
    return this.#cached === undefined ? undefined : Math.max(0, this.#options.now() - this.#readAt);
  }

  /**
   * Returns the cached map if it can be used immediately, and `undefined` when the request should call `wait` instead.
   * It may start a refresh in the background.
   *
   * @param pin the version that the request names
   */
  ready(pin: string | undefined): IndexedMap | undefined {
    const cached = this.#cached;
    if (cached === undefined) return undefined;
    const at = this.#options.now();
    if (isBehind(cached, pin) && this.#mayAskForNewer(at)) return undefined;
    const age = at - this.#readAt;
    if (age >= 0 && age < this.#refreshAfterMs) return cached;
    const expired = age < 0 || age >= this.#options.ttlMs;
    // While SSM fails, requests do not wait. If the last attempt is older than the lifetime (the environment was
    // frozen), the next request waits for a new attempt.
    if (expired && !(this.#failing && at - this.#attemptedAt <= this.#options.ttlMs)) return undefined;
    if (this.#mayAttempt(at)) void this.#refresh(at);
    cached.stale = expired;
    return cached;
  }

  /** Waits for a read, at most `MAX_WAIT_MS` with a pin, and returns the map to use, if there is one. */
  async wait(pin: string | undefined): Promise<IndexedMap | undefined> {
    const at = this.#options.now();
    const cached = this.#cached;
    const isReading = this.#isReading(at);
    if (cached === undefined && !isReading && !this.#mayAttempt(at)) return undefined;
    if (cached !== undefined && isBehind(cached, pin) && !isReading) this.#newerPinAt = at;
    const done = this.#refresh(at);
    // Without a pin, only a fresh map can answer: the current version of an old map may be gone by now (an environment
    // may have been frozen for hours). While SSM fails, `ready` has answered already.
    if (pin === undefined) await done;
    else await atMost(MAX_WAIT_MS, done);
    if (this.#cached !== undefined)
      this.#cached.stale = this.#options.now() - this.#readAt >= this.#options.ttlMs;
    return this.#cached;
  }

  #mayAskForNewer(at: number): boolean {
    return this.#isReading(at) || Math.abs(at - this.#newerPinAt) >= NEWER_PIN_INTERVAL_MS;
  }

  #mayAttempt(at: number): boolean {
    return !this.#failing || Math.abs(at - this.#attemptedAt) >= RETRY_INTERVAL_MS;
  }

  /** Whether a read is running. A read that was frozen with the environment may never end and does not count. */
  #isReading(at: number): boolean {
    return this.#flight !== undefined && Math.abs(at - this.#flight.startedAt) <= this.#options.readTimeoutMs;
  }

  /** Joins the running read or starts one (single flight). Never rejects. */
  #refresh(at: number): Promise<void> {
    if (this.#flight !== undefined && this.#isReading(at)) return this.#flight.done;
    this.#attemptedAt = at;
    const mine: Flight = { startedAt: at, done: Promise.resolve() };
    this.#flight = mine;
    mine.done = this.#read(mine).finally(() => {
      if (this.#flight === mine) this.#flight = undefined;
    });
    return mine.done;
  }

  async #read(flight: Flight): Promise<void> {
    let event: MapEvent = "map-unreadable";
    try {
      const text = await this.#options.read();
      event = "map-refused";
      this.#accept(parseBounded(text), flight.startedAt);
    } catch (error) {
      // The failure of an abandoned read says nothing about the present state of SSM.
      if (this.#flight !== flight) return;
      this.#failing = true;
      this.#report(event, error instanceof Error ? error.message : String(error));
    }
  }

  #accept(map: VersionMap, startedAt: number): void {
    const cached = this.#cached;
    const isNewer = cached !== undefined && map.r > cached.map.r;
    if (cached !== undefined && map.r < cached.map.r) {
      cached.stale = false;
      this.#report("map-older", `read revision ${map.r}, but revision ${cached.map.r} is cached`);
    } else {
      this.#cached = indexMap(map);
    }
    // If the clock was set back, a `#readAt` in the future would make the map look fresh for too long.
    this.#readAt = this.#readAt > this.#options.now() ? startedAt : Math.max(this.#readAt, startedAt);
    this.#refreshAfterMs =
      this.#options.ttlMs * (REFRESH_FROM + (REFRESH_UNTIL - REFRESH_FROM) * this.#options.random());
    if (this.#failing) this.#report("map-recovered");
    else if (isNewer) this.#report("map-taken");
    this.#failing = false;
  }

  #report(event: MapEvent, reason?: string): void {
    this.#options.log(event, { reason, revision: this.#cached?.map.r, ageMs: this.ageMs });
  }
}

/**
 * Whether only a newer map can answer: the pin is newer than every version in the map, or there is neither a pin nor a
 * current version.
 */
function isBehind(cached: IndexedMap, pin: string | undefined): boolean {
  return pin === undefined ? cached.map.current === null : pin > cached.newest;
}

function parseBounded(text: string): VersionMap {
  if (text.length > VERSION_MAP_MAX_BYTES) {
    throw new RangeError(`version map: ${text.length} characters, at most ${VERSION_MAP_MAX_BYTES} allowed`);
  }
  return parseVersionMap(text);
}

/** Waits for a promise that never rejects, at most this long. */
async function atMost(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
