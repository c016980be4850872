import type {
  GetMetricDataInput,
  GetMetricDataOutput,
  GetMetricStatisticsInput,
  GetMetricStatisticsOutput,
  MetricDataQuery,
  MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import { AwsError, notImplemented } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { checkDimensions, invalidValue, number, periodMs, required, time } from "./input.ts";
import { type Period, periodsOf, STATISTICS } from "./series.ts";
import type { MetricStore } from "./store.ts";

/**
 * Maximum number of queries in one call, and of data points in one response (CloudWatch API reference,
 * `GetMetricData`).
 */
const QUERIES_PER_CALL = 500;
const DATAPOINTS_PER_CALL = 100_800;
/**
 * Maximum number of data points in one response of `GetMetricStatistics`, which has no pages. A query for more is an
 * error.
 */
const DATAPOINTS_PER_STATISTICS = 1440;

export function getMetricData(store: MetricStore, input: GetMetricDataInput): GetMetricDataOutput {
  const known = ["MetricDataQueries", "StartTime", "EndTime", "NextToken", "ScanBy", "MaxDatapoints"];
  refuseUnknown("monitoring:GetMetricData", input, known);
  const range = rangeOf(input);
  const queries = required(input.MetricDataQueries, "MetricDataQueries");
  checkQueries(queries);
  const oldestFirst = input.ScanBy === "TimestampAscending";
  const answers = queries
    .filter((query) => query.ReturnData !== false)
    .map((query) => answer(store, query, range, oldestFirst));
  return pageOf(answers, input);
}

export function getMetricStatistics(
  store: MetricStore,
  input: GetMetricStatisticsInput,
): GetMetricStatisticsOutput {
  const known = ["Namespace", "MetricName", "Dimensions", "StartTime", "EndTime", "Period", "Statistics"];
  refuseUnknown("monitoring:GetMetricStatistics", input, known);
  const { start, end } = rangeOf(input);
  const wanted = required(input.Statistics, "Statistics");
  for (const statistic of wanted) statisticOf(statistic);
  const name = required(input.MetricName, "MetricName");
  const series = store.find(required(input.Namespace, "Namespace"), name, checkDimensions(input.Dimensions));
  const length = periodMs(input.Period);
  if ((end - start) / length > DATAPOINTS_PER_STATISTICS)
    throw new AwsError(
      "InvalidParameterCombination",
      `You have requested up to ${Math.ceil((end - start) / length)} datapoints, which exceeds the limit of ` +
        `${DATAPOINTS_PER_STATISTICS}. You may reduce the datapoints requested by increasing Period.`,
    );
  const periods = series === undefined ? [] : periodsOf(series, start, end, length);
  return {
    Label: name,
    Datapoints: periods.map((period) => ({
      Timestamp: new Date(period.at),
      ...Object.fromEntries(wanted.map((statistic) => [statistic, statisticOf(statistic)(period)])),
    })),
  };
}

interface Answer {
  query: MetricDataQuery;
  points: { at: number; value: number }[];
}

function answer(
  store: MetricStore,
  query: MetricDataQuery,
  range: { start: number; end: number },
  oldestFirst: boolean,
): Answer {
  const { Metric, Period, Stat } = query.MetricStat!;
  const series = store.find(Metric!.Namespace!, Metric!.MetricName!, Metric!.Dimensions);
  const value = statisticOf(Stat!);
  const periods = series === undefined ? [] : periodsOf(series, range.start, range.end, periodMs(Period));
  const points = periods.map((period) => ({ at: period.at, value: value(period) }));
  return { query, points: oldestFirst ? points : points.reverse() };
}

function rangeOf(input: { StartTime?: Date; EndTime?: Date }): { start: number; end: number } {
  const start = time(input.StartTime, "StartTime");
  const end = time(input.EndTime, "EndTime");
  if (start >= end) throw invalidValue("The parameter StartTime must be less than the parameter EndTime.");
  return { start, end };
}

function checkQueries(queries: MetricDataQuery[]): void {
  if (queries.length === 0 || queries.length > QUERIES_PER_CALL)
    throw invalidValue(`A call can have 1 to ${QUERIES_PER_CALL} MetricDataQueries, got ${queries.length}.`);
  const ids = new Set<string>();
  for (const query of queries) {
    const id = required(query.Id, "MetricDataQueries.Id");
    if (!/^[a-z][a-zA-Z0-9_]*$/.test(id))
      throw invalidValue(
        `The value '${id}' for parameter MetricDataQueries.Id must begin with a lower-case letter.`,
      );
    if (ids.has(id)) throw invalidValue(`The MetricDataQueries.Id '${id}' occurs more than once.`);
    ids.add(id);
    checkQuery(query);
  }
}

function checkQuery(query: MetricDataQuery): void {
  if (query.Expression !== undefined)
    throw notImplemented(`monitoring:GetMetricData with the expression '${query.Expression}' (metric math)`);
  refuseUnknown("monitoring:GetMetricData", query, ["Id", "MetricStat", "Label", "ReturnData"]);
  const stat = required(query.MetricStat, "MetricDataQueries.MetricStat");
  refuseUnknown("monitoring:GetMetricData", stat, ["Metric", "Period", "Stat"]);
  const metric = required(stat.Metric, "MetricStat.Metric");
  required(metric.Namespace, "MetricStat.Metric.Namespace");
  required(metric.MetricName, "MetricStat.Metric.MetricName");
  checkDimensions(metric.Dimensions);
  statisticOf(required(stat.Stat, "MetricStat.Stat"));
  periodMs(stat.Period);
}

function statisticOf(name: string): (period: Period) => number {
  const statistic = STATISTICS[name];
  if (statistic === undefined) throw notImplemented(`monitoring: the statistic '${name}'`);
  return statistic;
}

/**
 * Returns one page of at most `MaxDatapoints` points, query by query. A query that continues on the next page is
 * `PartialData`, a finished one `Complete`.
 */
function pageOf(answers: Answer[], input: GetMetricDataInput): GetMetricDataOutput {
  const size = number(input.MaxDatapoints ?? DATAPOINTS_PER_CALL, "MaxDatapoints");
  if (!(size >= 1 && size <= DATAPOINTS_PER_CALL))
    throw invalidValue(`MaxDatapoints must be from 1 to ${DATAPOINTS_PER_CALL}, got ${size}.`);
  const total = answers.reduce((sum, { points }) => sum + points.length, 0);
  const from = offsetOf(input.NextToken, total);
  const to = Math.min(from + size, total);
  let passed = 0;
  const results = answers.map(({ query, points }): MetricDataResult => {
    const first = passed;
    passed += points.length;
    const shown = points.slice(Math.max(0, from - first), Math.max(0, to - first));
    return {
      Id: query.Id,
      Label: query.Label ?? query.MetricStat!.Metric!.MetricName,
      Timestamps: shown.map(({ at }) => new Date(at)),
      Values: shown.map(({ value }) => value),
      StatusCode: passed > to ? "PartialData" : "Complete",
    };
  });
  return { MetricDataResults: results, Messages: [], ...(to < total ? { NextToken: String(to) } : {}) };
}

function offsetOf(token: string | undefined, total: number): number {
  if (token === undefined) return 0;
  const offset = Number(token);
  if (!Number.isInteger(offset) || offset < 0 || offset > total)
    throw new AwsError("InvalidNextToken", `The NextToken '${token}' was not returned by GetMetricData.`);
  return offset;
}
