/** Exits at once on a signal. The next run continues after any step, so there is nothing to wait for. */
export function endOnSignals(next: string): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      process.stderr.write(`\nInterrupted. ${next}\n`);
      process.exit(130);
    });
}
