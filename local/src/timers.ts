import { setTimeout as delay } from "node:timers/promises";

/**
 * Timers of polls, health checks and delays. By default they use real time instead of the cloud's clock, because
 * processes need real time. A cloud without processes and sockets can use its own timers.
 */
export interface Timers {
  /** Milliseconds since an arbitrary moment. Never decreases. */
  elapsed(): number;
  /** Waits. An abort ends the wait early. Never rejects. With `unref`, the wait does not keep this process alive. */
  wait(ms: number, options?: { signal?: AbortSignal; unref?: boolean }): Promise<void>;
  /**
   * Calls `act` once, later.
   *
   * @returns a function that cancels the call
   */
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
