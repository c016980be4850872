/** Between two lines about one kind of event, of one instance. */
const INTERVAL_MS = 60_000;

export type EventLog = (event: string, details: object) => void;

/**
 * One structured line per event that matters, and never one per request: the first of its kind at once, then at most one a
 * minute, which says how many were left out (`unsaid`).
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
