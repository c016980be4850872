import { LRUCache } from "lru-cache";
import { compilePathPattern } from "../configuration/path-pattern.ts";
import type { EdgeResponse, Fields } from "../exchange/exchange.ts";

/** A stored response. All its readers share `fields`: copy them before a change. */
export interface CacheEntry {
  path: string;
  status: number;
  reason: string | undefined;
  fields: Fields;
  body: Buffer;
  /** Whether this is the response to a HEAD request, whose body is unknown rather than empty. */
  headOnly: boolean;
  storedAtMs: number;
  freshUntilMs: number;
}

/** Maximum size of a stored object (CloudFront: 50 GB). A larger object is forwarded, but not stored. */
export const OBJECT_MAX_BYTES = 32 * 1024 * 1024;
const CACHE_MAX_BYTES = 256 * 1024 * 1024;

/** The cache of one edge, and its fetches in progress. */
export class EdgeCache {
  readonly #entries = new LRUCache<string, CacheEntry>({
    maxSize: CACHE_MAX_BYTES,
    sizeCalculation: (entry) => entry.body.byteLength + 1024,
  });
  readonly #fetching = new Map<string, Promise<unknown>>();

  /** Returns a fresh entry that can answer the method. */
  find(key: string, method: string, nowMs: number): CacheEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.freshUntilMs <= nowMs) return undefined;
    return entry.headOnly && method !== "HEAD" ? undefined : entry;
  }

  store(key: string, entry: CacheEntry): void {
    this.#entries.set(key, entry);
  }

  /** Removes the entries whose path, as the viewer-request function returned it, matches an invalidation path. */
  invalidate(pattern: string): void {
    const matches = compilePathPattern(pattern);
    for (const [key, entry] of this.#entries) if (matches(entry.path)) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Returns a promise that settles when the fetch in progress for this key ends; undefined if there is none. */
  othersFetch(key: string): Promise<unknown> | undefined {
    return this.#fetching.get(key);
  }

  /**
   * Announces a fetch, so that other requests wait for it (request collapsing). Call the returned function when the
   * fetch has ended.
   */
  startFetch(key: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#fetching.set(key, promise);
    return () => {
      if (this.#fetching.get(key) === promise) this.#fetching.delete(key);
      resolve();
    };
  }
}

/** Returns the response to a cache hit. */
export function responseOf(entry: CacheEntry, nowMs: number): EdgeResponse {
  const fields: Fields = Object.assign(Object.create(null), entry.fields);
  fields.age = [String(Math.max(0, Math.floor((nowMs - entry.storedAtMs) / 1000)))];
  return {
    status: entry.status,
    reason: entry.reason,
    fields,
    body: entry.body,
    cacheResult: entry.status >= 400 ? "Error" : "Hit",
  };
}
