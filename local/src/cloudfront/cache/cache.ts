import { LRUCache } from "lru-cache";
import { compilePathPattern } from "../configuration/path-pattern.ts";
import type { EdgeResponse, Fields } from "../exchange.ts";

/** A stored answer. Its fields are shared by all who get it: copy before you change them. */
export interface CacheEntry {
  path: string;
  status: number;
  reason: string | undefined;
  fields: Fields;
  body: Buffer;
  /** Whether the answer was to HEAD, so that the body is missing rather than empty. */
  headOnly: boolean;
  storedAtMs: number;
  freshUntilMs: number;
}

/** CloudFront stores objects up to 50 GB; here a larger one passes unstored. */
export const OBJECT_MAX_BYTES = 32 * 1024 * 1024;
const CACHE_MAX_BYTES = 256 * 1024 * 1024;

/** The cache of one edge, and who is fetching what for it. */
export class EdgeCache {
  readonly #entries = new LRUCache<string, CacheEntry>({
    maxSize: CACHE_MAX_BYTES,
    sizeCalculation: (entry) => entry.body.byteLength + 1024,
  });
  readonly #fetching = new Map<string, Promise<unknown>>();

  /** A fresh entry that can answer the method. */
  find(key: string, method: string, nowMs: number): CacheEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.freshUntilMs <= nowMs) return undefined;
    return entry.headOnly && method !== "HEAD" ? undefined : entry;
  }

  store(key: string, entry: CacheEntry): void {
    this.#entries.set(key, entry);
  }

  /** Forgets what an invalidation path means; it is compared with the path after a viewer-request function. */
  invalidate(pattern: string): void {
    const matches = compilePathPattern(pattern);
    for (const [key, entry] of this.#entries) if (matches(entry.path)) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Resolves when whoever fetches this key is done with it; undefined when nobody is. */
  othersFetch(key: string): Promise<unknown> | undefined {
    return this.#fetching.get(key);
  }

  /** Announces a fetch, so that others wait for it (request collapsing). Call the result when it is over. */
  startFetch(key: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#fetching.set(key, promise);
    return () => {
      if (this.#fetching.get(key) === promise) this.#fetching.delete(key);
      resolve();
    };
  }
}

/** A stored answer as CloudFront gives it again. */
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
