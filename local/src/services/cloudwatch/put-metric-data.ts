import type { MetricDatum, PutMetricDataInput } from "@aws-sdk/client-cloudwatch";
import { AwsError, notImplemented } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { checkDimensions, invalidValue, number, required, time } from "./input.ts";
import type { Bucket } from "./series.ts";
import type { MetricStore } from "./store.ts";

/** Maximum number of metrics in one call, and of values in one metric (CloudWatch API reference, `PutMetricData`). */
const DATA_PER_CALL = 1000;
const VALUES_PER_DATUM = 150;

/**
 * Checks all data before it records any. `now`, in milliseconds since the epoch, is the time of data without a
 * timestamp.
 */
export function putMetricData(store: MetricStore, input: PutMetricDataInput, now: number): object {
  refuseUnknown("monitoring:PutMetricData", input, ["Namespace", "MetricData"]);
  const namespace = required(input.Namespace, "Namespace");
  const data = required(input.MetricData, "MetricData");
  if (data.length > DATA_PER_CALL)
    throw invalidValue(`At most ${DATA_PER_CALL} metrics can be put in one call, got ${data.length}.`);
  const checked = data.map((datum) => ({
    name: required(datum.MetricName, "MetricName"),
    dimensions: checkDimensions(datum.Dimensions),
    at: datum.Timestamp === undefined ? now : time(datum.Timestamp, "Timestamp"),
    buckets: bucketsOf(datum),
  }));
  for (const { name, dimensions, at, buckets } of checked) {
    for (const bucket of buckets) store.add(namespace, name, dimensions, at, bucket);
  }
  return {};
}

function bucketsOf(datum: MetricDatum): Bucket[] {
  refuseUnknown("monitoring:PutMetricData", datum, [
    ...["MetricName", "Dimensions", "Timestamp", "Unit", "StorageResolution"],
    ...["Value", "Values", "Counts", "StatisticValues"],
  ]);
  if (datum.StorageResolution !== undefined && number(datum.StorageResolution, "StorageResolution") !== 60)
    throw notImplemented("monitoring:PutMetricData with a StorageResolution other than 60");
  const forms = [datum.Value, datum.Values, datum.StatisticValues].filter((form) => form !== undefined);
  if (forms.length !== 1) {
    throw new AwsError(
      "InvalidParameterCombination",
      `The metric '${datum.MetricName}' must have exactly one of Value, Values and StatisticValues.`,
    );
  }
  if (datum.StatisticValues !== undefined) return [statistics(datum.StatisticValues)];
  if (datum.Values === undefined) return [single(number(datum.Value, "Value"), 1)];
  if (datum.Values.length > VALUES_PER_DATUM)
    throw invalidValue(`A metric can have at most ${VALUES_PER_DATUM} values, got ${datum.Values.length}.`);
  const counts = datum.Counts;
  if (counts !== undefined && counts.length !== datum.Values.length)
    throw invalidValue("The parameters Values and Counts must have the same number of elements.");
  return datum.Values.map((value, i) => single(number(value, "Values"), number(counts?.[i] ?? 1, "Counts")));
}

function single(value: number, count: number): Bucket {
  return { count, sum: value * count, min: value, max: value };
}

function statistics(set: NonNullable<MetricDatum["StatisticValues"]>): Bucket {
  const count = number(set.SampleCount, "StatisticValues.SampleCount");
  if (count <= 0) throw invalidValue("StatisticValues.SampleCount must be greater than 0.");
  return {
    count,
    sum: number(set.Sum, "StatisticValues.Sum"),
    min: number(set.Minimum, "StatisticValues.Minimum"),
    max: number(set.Maximum, "StatisticValues.Maximum"),
  };
}
