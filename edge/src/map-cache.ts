import { type Known, knownFrom } from "./decide-route.ts";
import { parseVersionMap, VERSION_MAP_MAX_BYTES, type VersionMap } from "./version-map.ts";

/** Longest time that a request waits for the map when something else could answer it. */
const MAX_WAIT_MS = 300;
/** Between these shares of its lifetime a map is refreshed behind the request's back: drawn anew for each map. */
export const REFRESH_FROM = 0.5;
export const REFRESH_UNTIL = 0.8;
/** A pin newer than the map (or none, before anything is current) asks SSM at once, but not more often than this, however many unknown pins come. */
const NEWER_PIN_INTERVAL_MS = 1000;
/** Shortest time between two tries while SSM fails. */
const RETRY_INTERVAL_MS = 1000;

export interface MapCacheOptions {
  /** Reads the parameter's text. Settles within `readTimeoutMs`, unless its environment is frozen. */
  read: () => Promise<string>;
  /** Past it a request waits for a new map, as long as SSM answers. */
  ttlMs: number;
  /** A read that has not settled after this long was frozen with its environment and is given up. */
  readTimeoutMs: number;
  /** Milliseconds since the epoch: the wall clock, since a frozen environment's monotonic clock may stand still. */
  now: () => number;
  /** From 0 to 1, for the jitter. */
  random: () => number;
  /** Hears of a newer map, of trouble with it, and of its end; how much of that is written is not decided here. */
  log: (event: MapEvent, details: MapEventDetails) => void;
}

export type MapEvent = "map-taken" | "map-unreadable" | "map-refused" | "map-older" | "map-recovered";

export interface MapEventDetails {
  reason?: string | undefined;
  /** Revision and age of the map that serves from now on; absent when there is none. */
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
 *           served           served, refreshed behind          waits for a refresh;
 *                            the request's back                 while SSM fails: served on
 *
 * The threshold is drawn anew for each map, so that instances which started together do not ask together. Nothing here throws,
 * and a map is only ever replaced by one that parses and is not older.
 */
export class MapCache {
  readonly #options: MapCacheOptions;
  #known: Known | undefined;
  /** When the read that brought the map was started: it is at least as new as that. */
  #readAt = 0;
  #refreshAfterMs = 0;
  #flight: Flight | undefined;
  #failing = false;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #newerPinAt = Number.NEGATIVE_INFINITY;

  constructor(options: MapCacheOptions) {
    this.#options = options;
  }

  /** Age of the map, for explanations; `undefined` when there is none. */
  get ageMs(): number | undefined {
    return this.#known === undefined ? undefined : Math.max(0, this.#options.now() - this.#readAt);
  }

  /**
   * What is known, at once, without a promise. `undefined` when the request should `wait` instead. May start a refresh that
   * delays nobody. `pin`: the version that the request names.
   */
  ready(pin: string | undefined): Known | undefined {
    const known = this.#known;
    if (known === undefined) return undefined;
    const at = this.#options.now();
    if (isBehind(known, pin) && this.#mayAskForNewer(at)) return undefined;
    const age = at - this.#readAt;
    if (age >= 0 && age < this.#refreshAfterMs) return known;
    const expired = age < 0 || age >= this.#options.ttlMs;
    // While SSM fails, requests are not delayed; but after a pause (a thawed environment) one look is worth the wait.
    if (expired && !(this.#failing && at - this.#attemptedAt <= this.#options.ttlMs)) return undefined;
    if (this.#mayTry(at)) void this.#refresh(at);
    known.stale = expired;
    return known;
  }

  /** The best map there is after waiting for a read, with a pin at most `MAX_WAIT_MS`; `undefined` when there is none. */
  async wait(pin: string | undefined): Promise<Known | undefined> {
    const at = this.#options.now();
    const known = this.#known;
    const underWay = this.#isUnderWay(at);
    if (known === undefined && !underWay && !this.#mayTry(at)) return undefined;
    if (known !== undefined && isBehind(known, pin) && !underWay) this.#newerPinAt = at;
    const done = this.#refresh(at);
    // Without a pin only the read itself can answer: what an old map calls current may be gone by now (an environment may
    // have been frozen for hours). While SSM fails, `ready` has answered already.
    if (pin === undefined) await done;
    else await atMost(MAX_WAIT_MS, done);
    if (this.#known !== undefined)
      this.#known.stale = this.#options.now() - this.#readAt >= this.#options.ttlMs;
    return this.#known;
  }

  #mayAskForNewer(at: number): boolean {
    return this.#isUnderWay(at) || Math.abs(at - this.#newerPinAt) >= NEWER_PIN_INTERVAL_MS;
  }

  #mayTry(at: number): boolean {
    return !this.#failing || Math.abs(at - this.#attemptedAt) >= RETRY_INTERVAL_MS;
  }

  /** A read that was frozen with the environment may never end; it does not count. */
  #isUnderWay(at: number): boolean {
    return this.#flight !== undefined && Math.abs(at - this.#flight.startedAt) <= this.#options.readTimeoutMs;
  }

  /** Single flight: joins the read that is under way, else starts one. Never rejects. */
  #refresh(at: number): Promise<void> {
    if (this.#flight !== undefined && this.#isUnderWay(at)) return this.#flight.done;
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
      // A read that was given up says nothing about SSM any more.
      if (this.#flight !== flight) return;
      this.#failing = true;
      this.#report(event, error instanceof Error ? error.message : String(error));
    }
  }

  #accept(map: VersionMap, startedAt: number): void {
    const known = this.#known;
    const isNews = known !== undefined && map.r > known.map.r;
    if (known !== undefined && map.r < known.map.r) {
      known.stale = false;
      this.#report("map-older", `revision ${map.r} came after ${known.map.r}`);
    } else {
      this.#known = knownFrom(map);
    }
    // A clock that was set back must not make a map look fresh for as long as the step was.
    this.#readAt = this.#readAt > this.#options.now() ? startedAt : Math.max(this.#readAt, startedAt);
    this.#refreshAfterMs =
      this.#options.ttlMs * (REFRESH_FROM + (REFRESH_UNTIL - REFRESH_FROM) * this.#options.random());
    if (this.#failing) this.#report("map-recovered");
    else if (isNews) this.#report("map-taken");
    this.#failing = false;
  }

  #report(event: MapEvent, reason?: string): void {
    this.#options.log(event, { reason, revision: this.#known?.map.r, ageMs: this.ageMs });
  }
}

/** Whether the map cannot know what a request needs: its pin is newer than all, or it has none and nothing was current yet. */
function isBehind(known: Known, pin: string | undefined): boolean {
  return pin === undefined ? known.map.current === null : pin > known.newest;
}

function parseBounded(text: string): VersionMap {
  if (text.length > VERSION_MAP_MAX_BYTES) {
    throw new RangeError(`version map: ${text.length} characters, ${VERSION_MAP_MAX_BYTES} are the most`);
  }
  return parseVersionMap(text);
}

/** Waits for a promise that never rejects, but no longer than this. */
async function atMost(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
