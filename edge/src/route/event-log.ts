/** Minimum time between two lines about one kind of event, per instance. */
const INTERVAL_MS = 60_000;

type EventLog = (event: string, details: object) => void;

/**
 * Logs events as structured lines. The first event of a kind is logged immediately, later ones at most once a minute,
 * with the number of omitted events in `unsaid`.
 *
 * @param now milliseconds since the epoch
 */
export function createEventLog(now: () => number, write: (line: string) => void): EventLog {
  const kinds = new Map<string, { at: number; unsaid: number }>();
  return (event, details) => {
    const at = now();
    const last = kinds.get(event);
    if (last !== undefined && Math.abs(at - last.at) < INTERVAL_MS) {
      last.unsaid++;
      return;
    }
    kinds.set(event, { at, unsaid: 0 });
    const unsaid = last?.unsaid || undefined;
    write(JSON.stringify({ lockstep: "route", event, ...details, unsaid }));
  };
}
