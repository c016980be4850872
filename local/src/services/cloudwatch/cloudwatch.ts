/**
 * CloudWatch metrics and alarms.
 *
 * **Gaps** (refused by name): metric math, percentiles, and statistics other than Sum, Average, Minimum, Maximum and
 * SampleCount; periods and resolutions below a minute; queries by unit; `EntityMetricData`. Not refused: alarms are
 * recorded and stay `INSUFFICIENT_DATA`, because nothing evaluates them; `Unit` is accepted, but not stored.
 *
 * **By design**: data can be read at once (on AWS after a minute or more). Namespace and dimensions must match exactly.
 * A period without data has no data point. Periods are counted from the start time, rounded down to a whole minute.
 *
 * **Client quirks**: the JavaScript SDK uses JSON 1.0, boto3 uses CBOR, for the same actions.
 */
import type {
  DeleteAlarmsInput,
  DescribeAlarmsInput,
  GetMetricDataInput,
  GetMetricStatisticsInput,
  ListMetricsInput,
  PutMetricAlarmInput,
  PutMetricDataInput,
} from "@aws-sdk/client-cloudwatch";
import { type Cloud, perRegion, type Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { type AlarmStore, deleteAlarms, describeAlarms, putMetricAlarm } from "./alarms.ts";
import { getMetricData, getMetricStatistics } from "./get-metric-data.ts";
import { putMetricData } from "./put-metric-data.ts";
import { MetricStore } from "./store.ts";

/** Creates the metrics and alarms of every region; registered as `monitoring`. */
export function createCloudWatch(cloud: Cloud): Service {
  const metrics = perRegion(() => new MetricStore());
  const alarms = perRegion((): AlarmStore => new Map());
  return {
    actions: {
      PutMetricData: (input: PutMetricDataInput, scope) => putMetricData(metrics(scope), input, cloud.now()),
      GetMetricData: (input: GetMetricDataInput, scope) => getMetricData(metrics(scope), input),
      GetMetricStatistics: (input: GetMetricStatisticsInput, scope) =>
        getMetricStatistics(metrics(scope), input),
      ListMetrics: (input: ListMetricsInput, scope) => listMetrics(metrics(scope), input),
      PutMetricAlarm: (input: PutMetricAlarmInput, scope) =>
        putMetricAlarm(alarms(scope), input, scope.region, new Date(cloud.now())),
      DescribeAlarms: (input: DescribeAlarmsInput, scope) => describeAlarms(alarms(scope), input),
      DeleteAlarms: (input: DeleteAlarmsInput, scope) => deleteAlarms(alarms(scope), input),
    },
  };
}

function listMetrics(store: MetricStore, input: ListMetricsInput): object {
  refuseUnknown("monitoring:ListMetrics", input, ["Namespace", "MetricName", "Dimensions"]);
  const wanted = input.Dimensions ?? [];
  const Metrics = store
    .all()
    .filter(
      (series) =>
        (input.Namespace === undefined || series.namespace === input.Namespace) &&
        (input.MetricName === undefined || series.name === input.MetricName) &&
        wanted.every((filter) =>
          series.dimensions.some(
            ({ Name, Value }) =>
              Name === filter.Name && (filter.Value === undefined || Value === filter.Value),
          ),
        ),
    )
    .map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: dimensions,
    }));
  return { Metrics };
}
