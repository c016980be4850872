import { constants } from "node:os";

/**
 * Exits at once on SIGINT, SIGTERM or SIGHUP, with 128 + the number of the signal as shells expect it: 130, 143 or 129. The next
 * run continues after any step, so there is nothing to wait for.
 *
 * @param next the next step, printed after "Interrupted."
 */
export function endOnSignals(next: string): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      process.stderr.write(`\nInterrupted. ${next}\n`);
      process.exit(128 + constants.signals[signal]);
    });
}
