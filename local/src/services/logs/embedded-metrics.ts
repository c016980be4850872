import type { PutMetricDataInput } from "@aws-sdk/client-cloudwatch";

/** As far as it is read here (CloudWatch embedded metric format specification). */
interface Embedded {
  _aws?: {
    Timestamp?: unknown;
    CloudWatchMetrics?: { Namespace?: unknown; Dimensions?: unknown; Metrics?: unknown }[];
  };
  [target: string]: unknown;
}

/** Most dimensions in one set, and most metrics in one directive. */
const DIMENSIONS_PER_SET = 30;
const METRICS_PER_DIRECTIVE = 100;

/**
 * The metrics that a log line embeds, as input of `PutMetricData`; one for each directive and set of dimensions.
 *
 * @returns nothing for a line that embeds none; like AWS it leaves out what breaks the format, a directive at a time
 */
export function embeddedMetrics(message: string): PutMetricDataInput[] {
  if (!message.includes('"_aws"')) return [];
  const line = parse(message);
  const at = line?._aws?.Timestamp;
  const directives = line?._aws?.CloudWatchMetrics;
  if (line === undefined || typeof at !== "number" || !Array.isArray(directives)) return [];
  return directives.flatMap(({ Namespace, Dimensions, Metrics }) => {
    if (typeof Namespace !== "string" || !Array.isArray(Dimensions) || !Array.isArray(Metrics)) return [];
    if (Metrics.length > METRICS_PER_DIRECTIVE) return [];
    return Dimensions.flatMap((names): PutMetricDataInput[] => {
      const dimensions = dimensionsOf(names, line);
      if (dimensions === undefined) return [];
      const MetricData = Metrics.flatMap(({ Name, Unit }) => {
        const values = [line[Name]].flat().filter((value) => typeof value === "number");
        if (values.length === 0) return [];
        return [{ MetricName: Name, Unit, Dimensions: dimensions, Timestamp: new Date(at), Values: values }];
      });
      return MetricData.length === 0 ? [] : [{ Namespace, MetricData }];
    });
  });
}

/** What the names point at in the line; `undefined` when one points at no text. */
function dimensionsOf(names: unknown, line: Embedded): { Name: string; Value: string }[] | undefined {
  if (!Array.isArray(names) || names.length > DIMENSIONS_PER_SET) return undefined;
  const dimensions = names.map((Name) => ({ Name, Value: line[Name] }));
  return dimensions.every(({ Value }) => typeof Value === "string" && Value !== "")
    ? (dimensions as { Name: string; Value: string }[])
    : undefined;
}

function parse(message: string): Embedded | undefined {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === "object" && value !== null ? (value as Embedded) : undefined;
  } catch {
    return undefined; // a line that only speaks of it
  }
}
