/** At once, whatever is in flight: every step is one that the next run understands, so there is nothing to wait for. */
export function endOnSignals(next: string): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      process.stderr.write(`\nInterrupted; nothing is lost. ${next}\n`);
      process.exit(130);
    });
}
