/** Key of `window` under which the page script stores its hub for the app's bundle. */
export const HUB: unique symbol = Symbol.for("lockstep") as never;

/** Name of the event on `window` after each change of `news` or `isGone`. */
export const NEWS_EVENT = "lockstep";

/** Interface between the page script and the app's bundle, which are built separately. */
export interface Hub {
  /** Version of this page. `undefined` without a page script (dev server). */
  version?: string;
  /** Latest status that this page received. `undefined` before the first one. */
  news?: News;
  /** The edge reported that this version is gone. Never reset. */
  isGone?: boolean;
  /**
   * Requests the status from the edge, without a pin or a cache. A failed request changes nothing and throws nothing.
   */
  check(): Promise<void>;
  /** Marks this version as gone. */
  gone(): void;
  /** Asks the edge whether this version is gone, at most once in a few seconds. */
  suspect(): void;
  /** Adds the page's pin to the address of a service. Returns other addresses unchanged. */
  pin(address: string | URL): string;
  /**
   * Set by the app's bundle. The page script calls it with each request that starts.
   *
   * @param isService whether the request is pinned
   */
  follow?(request: Promise<Response> | XMLHttpRequest, method: unknown, isService: boolean): void;
}

/** Body of `/.lockstep/status`, plus the difference between this machine's clock and the edge's (`aheadMs`). */
export interface News {
  /** Revision of the ledger. Older news never replaces newer news. */
  r: number;
  current: string;
  /** Versions below this one are gone. */
  floor?: string | null;
  /** Versions with an announced end → their end, in seconds since the epoch by the edge's clock. */
  ending?: Record<string, number>;
  /** Whether the page script must switch itself off. */
  off?: boolean;
  /** Milliseconds by which this machine's clock is ahead. NaN if the answer had no Date header. */
  aheadMs: number;
}

declare global {
  interface Window {
    [HUB]?: Hub;
  }
}
