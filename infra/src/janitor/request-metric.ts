import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import type { Ledger } from "../lifecycle/ledger.ts";

/** What CloudWatch said of one version. */
export type RequestReading =
  /** The answer is complete. Minutes without a request are not in it: CloudWatch publishes nothing when nothing comes. */
  { known: true; points: { at: number; count: number }[] } | { known: false; why: string };

export interface MetricOptions {
  cloudwatch: Pick<CloudWatchClient, "send">;
  loadBalancerArn: string;
}

/** The span that is read; milliseconds since the epoch. */
export interface MetricSpan {
  from: number;
  until: number;
  periodSeconds: number;
}

/**
 * Requests to versions, in one call for all of them (and one more per page of the answer; GetMetricData takes 500 queries,
 * and at most 90 versions live). Everything but a complete answer (a failed call, a part of one, a target group that is
 * not known) is unknown, for that version.
 */
export async function readRequests(
  ids: readonly string[],
  ledger: Ledger,
  span: MetricSpan,
  options: MetricOptions,
): Promise<Record<string, RequestReading>> {
  const readings: Record<string, RequestReading> = {};
  const queries: MetricDataQuery[] = [];
  for (const [index, id] of ids.entries()) {
    const arn = ledger.versions[id]?.targetGroupArn;
    if (arn === undefined) readings[id] = { known: false, why: "its target group is not in the ledger" };
    else queries.push(requestCount(`m${index}`, arn, options.loadBalancerArn, span.periodSeconds));
  }
  if (queries.length === 0) return readings;
  const results = await readAll(queries, span, options).catch((error: unknown) =>
    String((error as Error).message ?? error),
  );
  for (const query of queries) {
    const id = ids[Number(query.Id!.slice(1))]!;
    readings[id] =
      typeof results === "string"
        ? { known: false, why: `CloudWatch: ${results}` }
        : judge(results.get(query.Id!));
  }
  return readings;
}

/** How many requests there were in the span; `undefined` where that is not known. */
export async function countRequests(
  ids: readonly string[],
  ledger: Ledger,
  span: MetricSpan,
  options: MetricOptions,
): Promise<Record<string, number | undefined>> {
  const readings = await readRequests(ids, ledger, span, options);
  return Object.fromEntries(
    Object.entries(readings).map(([id, reading]) => [
      id,
      reading.known ? reading.points.reduce((sum, { count }) => sum + count, 0) : undefined,
    ]),
  );
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
  { from, until }: MetricSpan,
  { cloudwatch }: MetricOptions,
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

function judge(parts: MetricDataResult[] | undefined): RequestReading {
  // A page that goes on says PartialData; only the last part of a query says that it is complete.
  const last = parts?.at(-1);
  if (parts === undefined || last === undefined)
    return { known: false, why: "CloudWatch did not answer for it" };
  const bad = parts.find(({ StatusCode }) => StatusCode !== "Complete" && StatusCode !== "PartialData");
  if (bad !== undefined || last.StatusCode !== "Complete")
    return { known: false, why: `CloudWatch answered ${(bad ?? last).StatusCode ?? "without a status"}` };
  const points: { at: number; count: number }[] = [];
  for (const { Timestamps = [], Values = [] } of parts) {
    for (const [index, count] of Values.entries()) {
      const at = Timestamps[index]?.getTime();
      if (at === undefined) return { known: false, why: "CloudWatch answered a value without its time" };
      points.push({ at, count });
    }
  }
  return { known: true, points };
}
