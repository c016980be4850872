/** Where the page script leaves what it knows for the app's own code. */
export const HUB: unique symbol = Symbol.for("lockstep") as never;

/** Name of the event that the page's window gets with every news. */
export const NEWS_EVENT = "lockstep";

/** What the page script and the app's bundle share: the page script is built on its own, so they meet here. */
export interface Hub {
  /** The version of this page; `undefined` without a stamp (the dev server). */
  version?: string;
  /** The newest news; `undefined` before the first. */
  news?: News;
  /** The edge said that it does not serve this version any more. Never taken back. */
  isGone?: boolean;
  /** Asks the edge: never pinned, never cached. What cannot be asked is silence: nothing changes and nothing is thrown. */
  check(): Promise<void>;
  /** Notes that this version is gone. */
  gone(): void;
  /** Asks the edge whether this version is gone; at most every few seconds. */
  suspect(): void;
  /** An address with the pin of this page, if it leads to a service. */
  pin(address: string | URL): string;
  /**
   * Left here by the app's own code: called with each request that begins.
   *
   * @param isService whether it is pinned
   */
  follow?(request: Promise<Response> | XMLHttpRequest, method: unknown, isService: boolean): void;
}

/** The body of `/.lockstep/status`, and how far this machine's clock is ahead of the edge's (`aheadMs`). */
export interface News {
  /** Revision of what it was made from: older news never replace newer. */
  r: number;
  current: string;
  /** Versions below it are gone. */
  floor?: string | null;
  /** Versions whose end is announced: seconds since the epoch, by the edge's clock. */
  ending?: Record<string, number>;
  /** The page script is to step aside. */
  off?: boolean;
  /** Milliseconds; NaN when the edge did not say what time it is. */
  aheadMs: number;
}

declare global {
  interface Window {
    [HUB]?: Hub;
  }
}
