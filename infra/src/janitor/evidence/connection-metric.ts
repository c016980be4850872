import { IN_FLIGHT_METRIC, METRIC_NAMESPACE, OPEN_CONNECTIONS_METRIC } from "@lockstep/edge/names";
import type { MetricQuery, MetricReading } from "../../versions/read-metrics.ts";

const METRICS = [OPEN_CONNECTIONS_METRIC, IN_FLIGHT_METRIC] as const;

/**
 * After this time without a report, a service that reported open connections counts as silent. It reports once a
 * minute, and CloudWatch can take some minutes to extract a metric from its log.
 */
const SILENT_AFTER_MS = 10 * 60_000;

/**
 * What a service's middleware reported about open connections and requests. Each task reports once a minute while
 * something is open, then one zero, then nothing. So the last report counts, and no report at all means that nothing
 * was ever open.
 */
export type ConnectionReading =
  /** The service has no middleware, or never had anything open. */
  | { known: true; reported: false }
  /** `lastOpenAt`: end of the last period in which something was open. `open`: at least as many are open now. */
  | { known: true; reported: true; open: number; lastOpenAt?: number }
  | { known: false; why: string };

/**
 * The metrics of a version's open connections and requests, as the middleware publishes them. The statistic is the
 * minimum: a task that stops reports zero in the minute of its last number, and a sum would hide that zero. If one task
 * reports zero while another has open connections, only the other one reports in the next minute.
 */
export function connectionCounts(app: string, id: string): MetricQuery[] {
  const dimensions = [
    { Name: "App", Value: app },
    { Name: "Version", Value: id },
  ];
  return METRICS.map((metric) => ({ statistic: "Minimum", namespace: METRIC_NAMESPACE, metric, dimensions }));
}

/**
 * Evaluates the last report of a service. If the last report is old and not zero, the service stopped reporting with
 * connections open, so the result is unknown.
 *
 * @param now milliseconds since the epoch
 */
export function lastReport(
  readings: readonly MetricReading[],
  periodMs: number,
  now: number,
): ConnectionReading {
  const sums = new Map<number, number>();
  for (const reading of readings) {
    if (!reading.known) return reading;
    for (const { at, value } of reading.points) sums.set(at, (sums.get(at) ?? 0) + value);
  }
  if (sums.size === 0) return { known: true, reported: false };
  const lastAt = Math.max(...sums.keys());
  const openAt = [...sums].filter(([, value]) => value > 0).map(([at]) => Math.min(now, at + periodMs));
  const lastOpenAt = openAt.length === 0 ? undefined : Math.max(...openAt);
  const last = sums.get(lastAt)!;
  if (last === 0) return { known: true, reported: true, open: 0, lastOpenAt };
  if (now - (lastAt + periodMs) > SILENT_AFTER_MS)
    return { known: false, why: `its service reported ${last} open connections and then stopped reporting` };
  return { known: true, reported: true, open: last, lastOpenAt: now };
}
