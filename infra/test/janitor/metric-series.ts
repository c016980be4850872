/** Metrics by name and version, `RequestCount <id>`: start of the minute, in milliseconds since the epoch → value. */
export type Series = Record<string, Record<number, number>>;

/** Answers GetMetricData from series, like CloudWatch: complete, without points for periods without data. */
export function seriesAnswer(series: Series) {
  return ({ MetricDataQueries, StartTime, EndTime }: any) => ({
    MetricDataResults: MetricDataQueries.map(({ Id, MetricStat }: any) => {
      const points = Object.entries(series[nameOf(MetricStat.Metric)] ?? {})
        .map(([at, value]) => [Number(at), value] as const)
        .filter(([at]) => at >= StartTime.getTime() && at < EndTime.getTime());
      return {
        Id,
        StatusCode: "Complete",
        Timestamps: points.map(([at]) => new Date(at)),
        Values: points.map(([, value]) => value),
      };
    }),
  });
}

function nameOf({ MetricName, Dimensions }: any): string {
  const value = Dimensions.find(({ Name }: any) => Name === "Version" || Name === "TargetGroup").Value;
  return `${MetricName} ${/\d{8}-\d{6}-[0-9a-f]{7}/.exec(value)?.[0]}`;
}
