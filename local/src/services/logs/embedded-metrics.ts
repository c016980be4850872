import type { PutMetricDataInput } from "@aws-sdk/client-cloudwatch";

/** The parts of the CloudWatch embedded metric format that are supported (see its specification). */
interface Embedded {
  _aws?: {
    Timestamp?: unknown;
    CloudWatchMetrics?: { Namespace?: unknown; Dimensions?: unknown; Metrics?: unknown }[];
  };
  [target: string]: unknown;
}

/** Maximum number of dimensions in one set, and of metrics in one directive. */
const DIMENSIONS_PER_SET = 30;
const METRICS_PER_DIRECTIVE = 100;

/**
 * Converts the metrics in a log line to inputs of `PutMetricData`, one per directive and set of dimensions.
 *
 * @returns an empty list for a line without metrics. As on AWS, an invalid directive is skipped
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

/** Returns the line's values for the names; `undefined` if a value is not text. */
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
    return undefined; // a line that only mentions the format
  }
}
