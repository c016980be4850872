import {
  type CloudWatchClient,
  type Dimension,
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import { allPages } from "../aws/all-pages.ts";

/** GetMetricData accepts at most 500 queries (CloudWatch quota). 90 versions with three metrics each need 270. */
const QUERIES_PER_CALL = 500;

/**
 * How late a request can appear in CloudWatch: requests are counted per minute, and a count takes up to two minutes.
 */
export const METRIC_LAG_SECONDS = 120;

/** One metric and the statistic by which each period is aggregated. */
export interface MetricQuery {
  statistic: "Sum" | "Minimum";
  namespace: string;
  metric: string;
  dimensions: Dimension[];
}

/** The result for one metric. */
export type MetricReading =
  /** The answer is complete. Periods without data have no point. */
  { known: true; points: { at: number; value: number }[] } | { known: false; why: string };

/** The time range to read. Milliseconds since the epoch. */
export interface MetricSpan {
  from: number;
  until: number;
  periodSeconds: number;
}

/**
 * Reads metrics, up to 500 per call, and all pages of the answer. If a call fails or an answer is partial, the metrics
 * that it concerns are unknown.
 *
 * @returns the readings, in the order of the queries
 */
export async function readMetrics(
  queries: readonly MetricQuery[],
  span: MetricSpan,
  cloudwatch: Pick<CloudWatchClient, "send">,
): Promise<MetricReading[]> {
  const readings: MetricReading[] = [];
  for (let start = 0; start < queries.length; start += QUERIES_PER_CALL) {
    const batch = queries
      .slice(start, start + QUERIES_PER_CALL)
      .map((query, index) => toData(query, index, span));
    readings.push(...(await readBatch(batch, span, cloudwatch)));
  }
  return readings;
}

async function readBatch(
  batch: MetricDataQuery[],
  span: MetricSpan,
  cloudwatch: Pick<CloudWatchClient, "send">,
): Promise<MetricReading[]> {
  try {
    const results = await readAll(batch, span, cloudwatch);
    return batch.map(({ Id }) => toReading(results.get(Id!)));
  } catch (error) {
    const why = `CloudWatch: ${(error as Error).message ?? error}`;
    return batch.map(() => ({ known: false, why }));
  }
}

function toData(query: MetricQuery, index: number, { periodSeconds }: MetricSpan): MetricDataQuery {
  const { namespace, metric, dimensions, statistic } = query;
  return {
    Id: `m${index}`,
    MetricStat: {
      Metric: { Namespace: namespace, MetricName: metric, Dimensions: dimensions },
      Period: periodSeconds,
      Stat: statistic,
    },
    ReturnData: true,
  };
}

/** Reads all pages. Collects the parts of each query's answer. */
async function readAll(
  queries: MetricDataQuery[],
  { from, until }: MetricSpan,
  cloudwatch: Pick<CloudWatchClient, "send">,
): Promise<Map<string, MetricDataResult[]>> {
  const results = new Map<string, MetricDataResult[]>();
  const query = { MetricDataQueries: queries, StartTime: new Date(from), EndTime: new Date(until) };
  const pages = allPages(
    (NextToken) => cloudwatch.send(new GetMetricDataCommand({ ...query, NextToken })),
    (page) => page.NextToken,
  );
  for await (const page of pages)
    for (const result of page.MetricDataResults ?? [])
      results.set(result.Id ?? "", [...(results.get(result.Id ?? "") ?? []), result]);
  return results;
}

function toReading(parts: MetricDataResult[] | undefined): MetricReading {
  // Parts have the status PartialData; only the last one of a query is Complete.
  const last = parts?.at(-1);
  if (parts === undefined || last === undefined)
    return { known: false, why: "CloudWatch returned no result" };
  const bad = parts.find(({ StatusCode }) => StatusCode !== "Complete" && StatusCode !== "PartialData");
  if (bad !== undefined || last.StatusCode !== "Complete")
    return { known: false, why: `CloudWatch returned the status ${(bad ?? last).StatusCode ?? "undefined"}` };
  const points: { at: number; value: number }[] = [];
  for (const { Timestamps = [], Values = [] } of parts) {
    for (const [index, value] of Values.entries()) {
      const at = Timestamps[index]?.getTime();
      if (at === undefined) return { known: false, why: "CloudWatch returned a value without a timestamp" };
      points.push({ at, value });
    }
  }
  return { known: true, points };
}
