import { setTimeout as realWait } from "node:timers/promises";
import type { Timers } from "../timers.ts";

const LOADING_TRIES = 400;
const LOADING_TRY_MS = 5;

interface Timer {
  at: number;
  act: () => void;
}

/**
 * A clock that advances only when all work waits for it. As soon as nothing else can run, it jumps to the next timer.
 * Nothing here waits for sockets or files, so the same calls give the same history.
 */
export class VirtualTime implements Timers {
  #now: number;
  /** Soonest first; timers with the same time in the order in which they were set. */
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
   * Starts `work` and lets time pass until it has settled. A nested call only starts its own work, because the outer
   * call already lets time pass. Throws if the work waits for something other than a timer.
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
    await eventLoopTurn();
    for (;;) {
      await promisesSettled();
      if (settled) return work;
      if (!this.#next() && !(await importedModule(() => settled || this.#timers.length > 0)))
        throw new Error("No timer is set that could end the wait.");
    }
  }

  /** Lets a number of milliseconds pass. Every timer fires at its moment. */
  async pass(ms: number): Promise<void> {
    await this.until(() => this.wait(ms));
  }

  /** Skips milliseconds, e.g. days without activity. Timers that were due in between fire once, at the end. */
  async skip(ms: number): Promise<void> {
    await promisesSettled();
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now).length;
    for (let count = 0; count < due; count++) {
      this.#next();
      await promisesSettled();
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

/** Waits in real time for a module that the work is importing. @returns whether the work continues after the wait */
async function importedModule(continues: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < LOADING_TRIES && !continues(); tries++) await realWait(LOADING_TRY_MS);
  return continues();
}

/** Resolves when all promise callbacks have run. A turn of the event loop would take far longer. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Resolves after a turn of the event loop, in which the test runner can work. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
