import { METRIC_NAMESPACE } from "./metric-names.ts";
import type { MetricQuery, MetricReading } from "./read-metrics.ts";

const METRICS = ["OpenConnections", "InFlight"] as const;

/**
 * After this long without news, an API that said that something is open has fallen silent: it tells once a minute, and CloudWatch
 * may take some minutes to make a metric of its log.
 */
const SILENT_AFTER_MS = 10 * 60_000;

/**
 * What an API's middleware told about what is open. It tells once a minute and task while anything is, a zero when nothing is any
 * more, and then nothing: so what counts is its last word, and no word at all means only that it never had one.
 */
export type ConnectionReading =
  /** Never told anything: an API without the middleware, or one that never had anything open. */
  | { known: true; told: false }
  /** `lastOpenAt`: end of the last period in which something was open. `open`: how much is open now, at least. */
  | { known: true; told: true; open: number; lastOpenAt?: number }
  | { known: false; why: string };

/**
 * The two counts of a version, as the middleware publishes them. The least that a task told in a period: so a zero that follows a
 * number within one minute (a task that is stopped says it at once) is seen, and a minute in which one task says zero while another
 * holds something is followed by one in which only the other speaks.
 */
export function connectionCounts(app: string, id: string): MetricQuery[] {
  const dimensions = [
    { Name: "App", Value: app },
    { Name: "Version", Value: id },
  ];
  return METRICS.map((metric) => ({ statistic: "Minimum", namespace: METRIC_NAMESPACE, metric, dimensions }));
}

/**
 * Reads the counts' last word. A nonzero last word that is old is neither zero nor open: whoever held the connections stopped to
 * tell, and that is unknown.
 *
 * @param now milliseconds since the epoch
 */
export function judgeConnections(
  readings: readonly MetricReading[],
  periodMs: number,
  now: number,
): ConnectionReading {
  const sums = new Map<number, number>();
  for (const reading of readings) {
    if (!reading.known) return reading;
    for (const { at, value } of reading.points) sums.set(at, (sums.get(at) ?? 0) + value);
  }
  if (sums.size === 0) return { known: true, told: false };
  const lastWordAt = Math.max(...sums.keys());
  const openAt = [...sums].filter(([, value]) => value > 0).map(([at]) => Math.min(now, at + periodMs));
  const lastOpenAt = openAt.length === 0 ? undefined : Math.max(...openAt);
  const lastWord = sums.get(lastWordAt)!;
  if (lastWord === 0) return { known: true, told: true, open: 0, lastOpenAt };
  if (now - (lastWordAt + periodMs) > SILENT_AFTER_MS)
    return { known: false, why: `its API said that ${lastWord} connections are open, and then nothing more` };
  return { known: true, told: true, open: lastWord, lastOpenAt: now };
}
