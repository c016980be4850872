import { setTimeout as sleepMs } from "node:timers/promises";

/** Time as a parameter: tests move it, and a rehearsal of a day takes a second. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits so many milliseconds. */
  sleep(ms: number): Promise<unknown>;
}

export const systemClock: Clock = { now: Date.now, sleep: (ms) => sleepMs(ms) };
