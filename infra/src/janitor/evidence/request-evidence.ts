import { isRoutable, type Ledger, type Version } from "../../lifecycle/ledger.ts";
import { type MetricReading, type MetricSpan, readMetrics } from "../../versions/read-metrics.ts";
import { type MetricOptions, requestCount } from "../../versions/request-metric.ts";
import { type ConnectionReading, connectionCounts, lastReport } from "./connection-metric.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_SECONDS = 86_400;
/**
 * CloudWatch keeps periods of 1 minute for 15 days, of 5 minutes for 63, of 1 hour for 455 (`MetricStat.Period`). If a
 * query starts earlier with a shorter period, the answer is complete and empty, and would be read as zero. One day less
 * each, because clocks differ.
 */
const PERIODS: readonly (readonly [untilSeconds: number, periodSeconds: number])[] = [
  [14 * DAY_SECONDS, 60],
  [62 * DAY_SECONDS, 300],
];
const LONGEST_PERIOD_SECONDS = 3600;
/** The time over which the current traffic of a version is averaged. */
const TRAFFIC_MS = 15 * MINUTE_MS;
/**
 * Requests within this time after the publication of a version are ignored: the release probes the version, and no page
 * names it yet. Never longer than half of the look-back time. If a page's request is ignored too, the lag of the metric
 * makes up for it.
 */
const PROBED_MS = 2 * MINUTE_MS;

/** The evidence of the use of a version. */
export type RequestEvidence =
  | {
      /** Every metric of the look-back time was read. */
      known: true;
      /** Start of the look-back time. Milliseconds since the epoch. */
      from: number;
      /** End of the last period with a request or an open connection. */
      lastAt?: number;
      /** A lower bound of open connections and requests; absent if the service reports none. */
      open?: number;
      /** Requests per minute in the last 15 minutes. */
      perMinute?: number;
    }
  /** A metric could not be read. That is not zero. */
  | { known: false; why: string };

export interface EvidenceOptions extends MetricOptions {
  app: string;
  /** Seconds without a request that matter for the decision. At least an hour is read, for the displayed reasons. */
  lookBackSeconds: number;
  now: number;
}

/**
 * Reads how each version is used: requests that the load balancer counted, and open connections that the middleware
 * reported. One call covers all versions. A second call covers versions about to be judged idle whose service reported
 * nothing recently: did it ever report open connections? Health checks and the probes of a release do not count.
 */
export async function readRequestEvidence(
  ledger: Ledger,
  options: EvidenceOptions,
): Promise<Record<string, RequestEvidence>> {
  const ids = Object.keys(ledger.versions).filter((id) => isRoutable(ledger.versions[id]!.state));
  const span = spanOf(options);
  const requests = await readUse(ids, ledger, span, options);
  const silent = ids.filter((id) => isSilent(requests[id]!, ledger.versions[id]!, span, options));
  const earlier = await readEarlier(silent, ledger, span, options);
  return Object.fromEntries(
    ids.map((id) => {
      const { counted, connections } = requests[id]!;
      const reported = earlier.get(id) ?? connections;
      return [id, combine(counted, reported, ledger.versions[id]!, { ...options, ...span })];
    }),
  );
}

interface Use {
  counted: MetricReading;
  connections: ConnectionReading;
}

/** Current is never retired, so only its traffic is read. */
async function readUse(
  ids: readonly string[],
  ledger: Ledger,
  span: MetricSpan,
  options: EvidenceOptions,
): Promise<Record<string, Use>> {
  const { app, cloudwatch, loadBalancerArn, now } = options;
  const queried = ids.map((id) => {
    const arn = ledger.versions[id]!.targetGroupArn;
    const requests = arn === undefined ? [] : [requestCount(arn, loadBalancerArn)];
    return { id, requests, connections: id === ledger.current ? [] : connectionCounts(app, id) };
  });
  const queries = queried.flatMap(({ requests, connections }) => [...requests, ...connections]);
  const readings = await readMetrics(queries, span, cloudwatch);
  const unknown: MetricReading = { known: false, why: "its target group is not in the ledger" };
  return Object.fromEntries(
    queried.map(({ id, requests, connections }) => {
      const [counted = unknown] = readings.splice(0, requests.length);
      const reported = readings.splice(0, connections.length);
      return [id, { counted, connections: lastReport(reported, span.periodSeconds * 1000, now) }];
    }),
  );
}

/** Whether a version is idle long enough to be retired, and its service reported nothing in the span. */
function isSilent(
  { counted, connections }: Use,
  { state, publishedAt = 0 }: Version,
  { from, periodSeconds }: MetricSpan,
  { lookBackSeconds, now }: EvidenceOptions,
): boolean {
  if (state === "current" || !counted.known || !connections.known || connections.reported) return false;
  const lastAt = Math.max(from, ...counted.points.map(({ at }) => at + periodSeconds * 1000));
  return publishedAt < from && now - lastAt >= lookBackSeconds * 1000;
}

/** The last report of services before the span, as far back as CloudWatch keeps minutes. */
async function readEarlier(
  ids: readonly string[],
  ledger: Ledger,
  span: MetricSpan,
  { app, cloudwatch, now }: EvidenceOptions,
): Promise<Map<string, ConnectionReading>> {
  if (ids.length === 0) return new Map();
  const born = Math.min(...ids.map((id) => ledger.versions[id]!.publishedAt ?? 0));
  const kept = now - PERIODS[0]![0] * 1000;
  const from = floorTo(MINUTE_MS, Math.min(span.from - MINUTE_MS, Math.max(born, kept)));
  const queries = ids.flatMap((id) => connectionCounts(app, id));
  const readings = await readMetrics(queries, { from, until: span.from, periodSeconds: 60 }, cloudwatch);
  return new Map(ids.map((id) => [id, lastReport(readings.splice(0, 2), MINUTE_MS, now)]));
}

function combine(
  counted: MetricReading,
  connections: ConnectionReading,
  version: Version,
  { from, now, periodSeconds, lookBackSeconds }: EvidenceOptions & MetricSpan,
): RequestEvidence {
  if (!counted.known) return counted;
  if (!connections.known) return connections;
  const periodMs = periodSeconds * 1000;
  const points = counted.points.filter(
    ({ at, value }) => value > 0 && !isProbe(at, version, lookBackSeconds),
  );
  const used = points.map(({ at }) => Math.min(now, at + periodMs));
  if (connections.reported && connections.lastOpenAt !== undefined) used.push(connections.lastOpenAt);
  const recent = points.filter(({ at }) => at >= now - TRAFFIC_MS);
  return {
    known: true,
    from,
    ...(used.length > 0 && { lastAt: Math.max(...used) }),
    ...(connections.reported && { open: connections.open }),
    perMinute: recent.reduce((sum, { value }) => sum + value, 0) / (TRAFFIC_MS / MINUTE_MS),
  };
}

function isProbe(at: number, { promotedAt, publishedAt = 0 }: Version, lookBackSeconds: number): boolean {
  const probedMs = Math.min(PROBED_MS, (lookBackSeconds * 1000) / 2);
  return promotedAt === undefined && at < publishedAt + probedMs;
}

function spanOf({ lookBackSeconds, now }: EvidenceOptions): MetricSpan {
  const lookBackMs = Math.max(HOUR_MS, lookBackSeconds * 1000);
  const periodSeconds = PERIODS.find(([until]) => lookBackMs / 1000 <= until)?.[1] ?? LONGEST_PERIOD_SECONDS;
  const periodMs = periodSeconds * 1000;
  return {
    from: floorTo(periodMs, now - lookBackMs),
    until: floorTo(periodMs, now) + periodMs,
    periodSeconds,
  };
}

function floorTo(periodMs: number, at: number): number {
  return at - (at % periodMs);
}
