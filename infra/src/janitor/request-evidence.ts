import { isRoutable, type Ledger, type Version } from "../lifecycle/ledger.ts";
import { type ConnectionReading, connectionCounts, judgeConnections } from "./connection-metric.ts";
import { type MetricReading, type MetricSpan, readMetrics } from "./read-metrics.ts";
import { type MetricOptions, requestCount } from "./request-metric.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_SECONDS = 86_400;
/**
 * Minutes are kept for 15 days, five minutes for 63, hours for 455 (CloudWatch, `MetricStat.Period`). A question that begins
 * earlier and asks for a shorter period is answered as complete and empty: that would be an unknown taken for a zero. One
 * day less each, so that clocks do not decide.
 */
const PERIODS: readonly (readonly [untilSeconds: number, periodSeconds: number])[] = [
  [14 * DAY_SECONDS, 60],
  [62 * DAY_SECONDS, 300],
];
const LONGEST_PERIOD_SECONDS = 3600;
/** What a version's traffic is now, is told by this long. */
const TRAFFIC_MS = 15 * MINUTE_MS;
/**
 * A release asks for a version that it published this long, while no page names it yet. Never longer than the metric's lag, which is at
 * most half of the time that one looks back: so whoever else asks in that time is missed by no more than the lag makes up for.
 */
const PROBED_MS = 2 * MINUTE_MS;

/** What was found out about the use of a version. */
export type RequestEvidence =
  | {
      /** Every reading of the time looked at was got. */
      known: true;
      /** Since when one looked. */
      from: number;
      /** End of the last period with a request, or with a connection open, if there was one. */
      lastAt?: number;
      /** Connections and requests that are open now, at least; absent when its API tells nothing of them. */
      open?: number;
      /** Requests a minute, lately. */
      perMinute?: number;
    }
  /** A reading is missing: that is no zero. */
  | { known: false; why: string };

export interface EvidenceOptions extends MetricOptions {
  app: string;
  /** The quiet time that matters, in seconds; an hour is looked at in any case, for what is shown. */
  lookBackSeconds: number;
  now: number;
}

/**
 * Who still uses which version: requests that the load balancer counted, and what the API's middleware says is open. One call
 * for all of them. A second one, for those that would go as idle and told nothing lately: whether they ever told that something
 * is open. Neither health checks nor the probes of a release count.
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
      const told = earlier.get(id) ?? connections;
      return [id, combine(counted, told, ledger.versions[id]!, { ...options, ...span })];
    }),
  );
}

interface Use {
  counted: MetricReading;
  connections: ConnectionReading;
}

/** Current goes never: of it one call needs to know its traffic only. */
async function readUse(
  ids: readonly string[],
  ledger: Ledger,
  span: MetricSpan,
  options: EvidenceOptions,
): Promise<Record<string, Use>> {
  const { app, cloudwatch, loadBalancerArn, now } = options;
  const asked = ids.map((id) => {
    const arn = ledger.versions[id]!.targetGroupArn;
    const requests = arn === undefined ? [] : [requestCount(arn, loadBalancerArn)];
    return { id, requests, connections: id === ledger.current ? [] : connectionCounts(app, id) };
  });
  const queries = asked.flatMap(({ requests, connections }) => [...requests, ...connections]);
  const readings = await readMetrics(queries, span, cloudwatch);
  const unknown: MetricReading = { known: false, why: "its target group is not in the ledger" };
  return Object.fromEntries(
    asked.map(({ id, requests, connections }) => {
      const [counted = unknown] = readings.splice(0, requests.length);
      const told = readings.splice(0, connections.length);
      return [id, { counted, connections: judgeConnections(told, span.periodSeconds * 1000, now) }];
    }),
  );
}

/** Quiet long enough to go, and no word of its API in this span, though it lived before. */
function isSilent(
  { counted, connections }: Use,
  { state, publishedAt = 0 }: Version,
  { from, periodSeconds }: MetricSpan,
  { lookBackSeconds, now }: EvidenceOptions,
): boolean {
  if (state === "current" || !counted.known || !connections.known || connections.told) return false;
  const lastAt = Math.max(from, ...counted.points.map(({ at }) => at + periodSeconds * 1000));
  return publishedAt < from && now - lastAt >= lookBackSeconds * 1000;
}

/** The last word of APIs before the span, as far back as minutes are kept. */
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
  return new Map(ids.map((id) => [id, judgeConnections(readings.splice(0, 2), MINUTE_MS, now)]));
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
  if (connections.told && connections.lastOpenAt !== undefined) used.push(connections.lastOpenAt);
  const lately = points.filter(({ at }) => at >= now - TRAFFIC_MS);
  return {
    known: true,
    from,
    ...(used.length > 0 && { lastAt: Math.max(...used) }),
    ...(connections.told && { open: connections.open }),
    perMinute: lately.reduce((sum, { value }) => sum + value, 0) / (TRAFFIC_MS / MINUTE_MS),
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
