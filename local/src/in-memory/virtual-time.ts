import { setTimeout as realWait } from "node:timers/promises";
import type { Timers } from "../timers.ts";

const LOADING_TRIES = 400;
const LOADING_TRY_MS = 5;

interface Timer {
  at: number;
  act: () => void;
}

/**
 * Time that passes only when everybody waits: as soon as nothing can run any more, it is the moment of the next timer. As
 * nothing here waits for sockets or files, the same calls give the same history.
 */
export class VirtualTime implements Timers {
  #now: number;
  /** Soonest first; of one moment, in the order in which they were set. */
  #timers: Timer[] = [];
  #passing = false;

  /** @param now milliseconds since the epoch */
  constructor(now: number) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;
  readonly elapsed = (): number => this.#now;
  readonly sleep = (ms: number): Promise<void> => this.wait(ms);

  wait(ms: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.after(ms, () => {
        signal?.removeEventListener("abort", end);
        resolve();
      });
      const end = (): void => {
        cancel();
        resolve();
      };
      signal?.addEventListener("abort", end, { once: true });
    });
  }

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, Math.ceil(ms)), act };
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.at > timer.at) index--;
    this.#timers.splice(index, 0, timer);
    return () => {
      const found = this.#timers.indexOf(timer);
      if (found !== -1) this.#timers.splice(found, 1);
    };
  }

  /**
   * Lets time pass until the work has settled; within such work, work of its own is waited for by whoever lets time pass
   * already. Throws when nothing is left that it could wait for.
   */
  async until<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#passing) return work();
    this.#passing = true;
    try {
      return await this.#passUntil(work());
    } finally {
      this.#passing = false;
    }
  }

  async #passUntil<Result>(work: Promise<Result>): Promise<Result> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    work.then(end, end);
    await eventLoopWentRound();
    for (;;) {
      await everythingRan();
      if (settled) return work;
      if (!this.#next() && !(await somethingIsLoaded(() => settled || this.#timers.length > 0)))
        throw new Error("Nothing is left that this could wait for.");
    }
  }

  /** Lets so much time pass, every timer at its moment. */
  async pass(ms: number): Promise<void> {
    await this.until(() => this.wait(ms));
  }

  /** Skips time: what was due meanwhile happens once, now. For hours and days in which nobody does anything. */
  async skip(ms: number): Promise<void> {
    await everythingRan();
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now).length;
    for (let count = 0; count < due; count++) {
      this.#next();
      await everythingRan();
    }
  }

  #next(): boolean {
    const timer = this.#timers.shift();
    if (timer === undefined) return false;
    this.#now = Math.max(this.#now, timer.at);
    timer.act();
    return true;
  }
}

/** Modules that are imported when they are needed take real time, once. @returns whether it went on by that */
async function somethingIsLoaded(goesOn: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < LOADING_TRIES && !goesOn(); tries++) await realWait(LOADING_TRY_MS);
  return goesOn();
}

/** A tick comes when all that promises had waiting is done. The event loop is not gone round for it, which takes far longer. */
function everythingRan(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Whoever runs the tests has a turn: its timers, its messages. */
function eventLoopWentRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
