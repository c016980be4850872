import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import type { Ledger } from "../lifecycle/ledger.ts";
import { isRoutable } from "../lifecycle/ledger.ts";
import type { RequestEvidence } from "./plan-retirement.ts";

/** GetMetricData takes at most 500 queries (CloudWatch quota); at most 90 versions live. */
const HOUR_MS = 3_600_000;
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

export interface EvidenceOptions {
  cloudwatch: Pick<CloudWatchClient, "send">;
  loadBalancerArn: string;
  /** The quiet time that matters; an hour is looked at in any case, for what is shown. */
  lookBackSeconds: number;
  now: number;
}

/**
 * Who still asks for which version, in one call for all (and one more per page of the answer).
 *
 * CloudWatch publishes nothing when nothing comes, so no data in an answer that is complete means zero. Everything else
 * (a failed call, a partial or missing answer, a target group that is not known) means unknown, for that version.
 */
export async function readRequestEvidence(
  ledger: Ledger,
  options: EvidenceOptions,
): Promise<Record<string, RequestEvidence>> {
  const ids = Object.keys(ledger.versions).filter((id) => isRoutable(ledger.versions[id]!.state));
  const evidence: Record<string, RequestEvidence> = {};
  const queries: MetricDataQuery[] = [];
  const lookBackMs = Math.max(HOUR_MS, options.lookBackSeconds * 1000);
  const periodMs = periodFor(lookBackMs / 1000) * 1000;
  for (const [index, id] of ids.entries()) {
    const arn = ledger.versions[id]!.targetGroupArn;
    if (arn === undefined) evidence[id] = { known: false, why: "its target group is not in the ledger" };
    else queries.push(requestCount(`m${index}`, arn, options.loadBalancerArn, periodMs / 1000));
  }
  if (queries.length === 0) return evidence;
  const from = floorTo(periodMs, options.now - lookBackMs);
  const until = floorTo(periodMs, options.now) + periodMs;
  const results = await readAll(queries, from, until, options).catch((error: unknown) =>
    String((error as Error).message ?? error),
  );
  for (const query of queries) {
    const id = ids[Number(query.Id!.slice(1))]!;
    evidence[id] =
      typeof results === "string"
        ? { known: false, why: `CloudWatch: ${results}` }
        : judge(results.get(query.Id!), from, options.now, periodMs);
  }
  return evidence;
}

function periodFor(lookBackSeconds: number): number {
  return PERIODS.find(([until]) => lookBackSeconds <= until)?.[1] ?? LONGEST_PERIOD_SECONDS;
}

function requestCount(
  id: string,
  targetGroupArn: string,
  loadBalancerArn: string,
  periodSeconds: number,
): MetricDataQuery {
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: "AWS/ApplicationELB",
        MetricName: "RequestCount",
        Dimensions: [
          // arn:…:targetgroup/ls-…/73e2…, arn:…:loadbalancer/app/…/50dc…: CloudWatch wants what follows the account.
          { Name: "TargetGroup", Value: targetGroupArn.slice(targetGroupArn.indexOf("targetgroup/")) },
          {
            Name: "LoadBalancer",
            Value: loadBalancerArn.slice(loadBalancerArn.indexOf("loadbalancer/") + "loadbalancer/".length),
          },
        ],
      },
      Period: periodSeconds,
      Stat: "Sum",
    },
    ReturnData: true,
  };
}

/** All pages; the parts of one query's answer put together. */
async function readAll(
  queries: MetricDataQuery[],
  from: number,
  until: number,
  { cloudwatch }: EvidenceOptions,
): Promise<Map<string, MetricDataResult[]>> {
  const results = new Map<string, MetricDataResult[]>();
  let token: string | undefined;
  do {
    const page = await cloudwatch.send(
      new GetMetricDataCommand({
        MetricDataQueries: queries,
        StartTime: new Date(from),
        EndTime: new Date(until),
        NextToken: token,
      }),
    );
    for (const result of page.MetricDataResults ?? [])
      results.set(result.Id ?? "", [...(results.get(result.Id ?? "") ?? []), result]);
    token = page.NextToken;
  } while (token !== undefined);
  return results;
}

function judge(
  parts: MetricDataResult[] | undefined,
  from: number,
  now: number,
  periodMs: number,
): RequestEvidence {
  // A page that goes on says PartialData; only the last part of a query says that it is complete.
  const last = parts?.at(-1);
  if (parts === undefined || last === undefined)
    return { known: false, why: "CloudWatch did not answer for it" };
  const bad = parts.find(({ StatusCode }) => StatusCode !== "Complete" && StatusCode !== "PartialData");
  if (bad !== undefined || last.StatusCode !== "Complete")
    return { known: false, why: `CloudWatch answered ${(bad ?? last).StatusCode ?? "without a status"}` };
  let lastAt: number | undefined;
  for (const { Timestamps = [], Values = [] } of parts) {
    for (const [index, value] of Values.entries()) {
      const at = Timestamps[index]?.getTime();
      if (at === undefined) return { known: false, why: "CloudWatch answered a value without its time" };
      if (value > 0) lastAt = Math.max(lastAt ?? 0, Math.min(now, at + periodMs));
    }
  }
  return lastAt === undefined ? { known: true, from } : { known: true, from, lastAt };
}

function floorTo(periodMs: number, at: number): number {
  return at - (at % periodMs);
}
