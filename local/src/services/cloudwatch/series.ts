/** Statistics of one metric in one minute. */
export interface Bucket {
  count: number;
  sum: number;
  min: number;
  max: number;
}

/** CloudWatch keeps metrics by the minute for 15 days. */
const MINUTE_MS = 60_000;
const BUCKETS_KEPT = 15 * 24 * 60;

/** One metric: a namespace, a name and an exact set of dimensions. */
export interface Series {
  namespace: string;
  name: string;
  dimensions: { Name: string; Value: string }[];
  /** By the start of the minute, in milliseconds since the epoch. */
  buckets: Map<number, Bucket>;
}

/** Adds statistics to the minute of `at`. */
export function addToSeries(series: Series, at: number, added: Bucket): void {
  const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
  const bucket = series.buckets.get(minute);
  if (bucket === undefined) {
    series.buckets.set(minute, { ...added });
    if (series.buckets.size > BUCKETS_KEPT) series.buckets.delete(series.buckets.keys().next().value!);
  } else {
    merge(bucket, added);
  }
}

/** One period with data. Periods without data do not exist. */
export interface Period extends Bucket {
  /** Start of the period, in milliseconds since the epoch. */
  at: number;
}

/**
 * Returns the periods of a series from `start` (inclusive) to `end` (exclusive), oldest first. Periods are counted from
 * the start, which CloudWatch rounds down to a whole minute.
 */
export function periodsOf(series: Series, start: number, end: number, periodMs: number): Period[] {
  const first = Math.floor(start / MINUTE_MS) * MINUTE_MS;
  const periods = new Map<number, Period>();
  for (const [minute, bucket] of series.buckets) {
    if (minute < first || minute >= end) continue;
    const at = first + Math.floor((minute - first) / periodMs) * periodMs;
    const period = periods.get(at);
    if (period === undefined) periods.set(at, { at, ...bucket });
    else merge(period, bucket);
  }
  return [...periods.values()].sort((a, b) => a.at - b.at);
}

function merge(into: Bucket, added: Bucket): void {
  into.count += added.count;
  into.sum += added.sum;
  into.min = Math.min(into.min, added.min);
  into.max = Math.max(into.max, added.max);
}

/** Statistics that can be computed from minute buckets. */
export const STATISTICS: Record<string, (bucket: Bucket) => number> = {
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ min }) => min,
  Maximum: ({ max }) => max,
  SampleCount: ({ count }) => count,
};
