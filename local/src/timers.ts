import { setTimeout as delay } from "node:timers/promises";

/**
 * What makes things happen by themselves: polls, health checks, delays. Real time, whatever the cloud's clock says, since
 * processes take real time; a cloud whose parts are all in memory may be given timers of its own.
 */
export interface Timers {
  /** Milliseconds since some moment. Never goes back. */
  elapsed(): number;
  /** Waits; an abort ends the waiting early. Never rejects. Does not keep this process alive with `unref`. */
  wait(ms: number, options?: { signal?: AbortSignal; unref?: boolean }): Promise<void>;
  /** Acts later, once. @returns what cancels it */
  after(ms: number, act: () => void): () => void;
}

export const realTimers: Timers = {
  elapsed: () => performance.now(),
  wait: (ms, { signal, unref } = {}) => delay(ms, undefined, { signal, ref: !unref }).catch(() => {}),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
