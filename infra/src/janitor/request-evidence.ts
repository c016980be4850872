import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import type { Ledger } from "../lifecycle/ledger.ts";
import { isRoutable } from "../lifecycle/ledger.ts";
import type { RequestEvidence } from "./plan-retirement.ts";

/** The load balancer counts by the minute. */
const PERIOD_SECONDS = 60;
/** GetMetricData takes at most 500 queries (CloudWatch quota); at most 90 versions live. */
const HOUR_MS = 3_600_000;

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
  for (const [index, id] of ids.entries()) {
    const arn = ledger.versions[id]!.targetGroupArn;
    if (arn === undefined) evidence[id] = { known: false, why: "its target group is not in the ledger" };
    else queries.push(requestCount(`m${index}`, arn, options.loadBalancerArn));
  }
  if (queries.length === 0) return evidence;
  const from = floorToPeriod(options.now - Math.max(HOUR_MS, options.lookBackSeconds * 1000));
  const results = await readAll(queries, from, options).catch((error: unknown) =>
    String((error as Error).message ?? error),
  );
  for (const query of queries) {
    const id = ids[Number(query.Id!.slice(1))]!;
    evidence[id] =
      typeof results === "string"
        ? { known: false, why: `CloudWatch: ${results}` }
        : judge(results.get(query.Id!), from, options.now);
  }
  return evidence;
}

function requestCount(id: string, targetGroupArn: string, loadBalancerArn: string): MetricDataQuery {
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
      Period: PERIOD_SECONDS,
      Stat: "Sum",
    },
    ReturnData: true,
  };
}

/** All pages; the parts of one query's answer put together. */
async function readAll(
  queries: MetricDataQuery[],
  from: number,
  { cloudwatch, now }: EvidenceOptions,
): Promise<Map<string, MetricDataResult[]>> {
  const results = new Map<string, MetricDataResult[]>();
  let token: string | undefined;
  do {
    const page = await cloudwatch.send(
      new GetMetricDataCommand({
        MetricDataQueries: queries,
        StartTime: new Date(from),
        EndTime: new Date(floorToPeriod(now) + PERIOD_SECONDS * 1000),
        NextToken: token,
      }),
    );
    for (const result of page.MetricDataResults ?? [])
      results.set(result.Id ?? "", [...(results.get(result.Id ?? "") ?? []), result]);
    token = page.NextToken;
  } while (token !== undefined);
  return results;
}

function judge(parts: MetricDataResult[] | undefined, from: number, now: number): RequestEvidence {
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
      if (value > 0) lastAt = Math.max(lastAt ?? 0, Math.min(now, at + PERIOD_SECONDS * 1000));
    }
  }
  return lastAt === undefined ? { known: true, from } : { known: true, from, lastAt };
}

function floorToPeriod(at: number): number {
  return at - (at % (PERIOD_SECONDS * 1000));
}
