import { setTimeout as sleepMs } from "node:timers/promises";

/** Time as a parameter, so that tests can control it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits for a number of milliseconds. */
  sleep(ms: number): Promise<unknown>;
}

export const systemClock: Clock = { now: Date.now, sleep: (ms) => sleepMs(ms) };
