import type {
  DeleteAlarmsInput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  MetricAlarm,
  PutMetricAlarmInput,
} from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { invalidValue, number, required } from "./input.ts";

/** The alarms of one region, by name. They are recorded, but never evaluated. */
export type AlarmStore = Map<string, MetricAlarm>;

/** Members with numbers, which CloudFormation passes as text. */
const NUMBERS = ["Period", "EvaluationPeriods", "DatapointsToAlarm", "Threshold"] as const;

export function putMetricAlarm(
  store: AlarmStore,
  input: PutMetricAlarmInput,
  region: string,
  now: Date,
): object {
  const name = required(input.AlarmName, "AlarmName");
  required(input.ComparisonOperator, "ComparisonOperator");
  required(input.EvaluationPeriods, "EvaluationPeriods");
  if ((input.MetricName === undefined) === !input.Metrics?.length)
    throw invalidValue(`The alarm '${name}' must have exactly one of MetricName and Metrics.`);
  const { Tags: _tags, ...recorded } = input;
  const known = store.get(name);
  const numbers = Object.fromEntries(
    NUMBERS.flatMap((member) =>
      input[member] === undefined ? [] : [[member, number(input[member], member)]],
    ),
  );
  store.set(name, {
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    Dimensions: [],
    ...recorded,
    ...numbers,
    ActionsEnabled: String(input.ActionsEnabled ?? true) === "true",
    AlarmArn: `arn:aws:cloudwatch:${region}:${ACCOUNT}:alarm:${name}`,
    AlarmConfigurationUpdatedTimestamp: now,
    StateValue: "INSUFFICIENT_DATA",
    StateReason: "Unchecked: Initial alarm creation",
    StateUpdatedTimestamp: known?.StateUpdatedTimestamp ?? now,
  });
  return {};
}

export function describeAlarms(store: AlarmStore, input: DescribeAlarmsInput): DescribeAlarmsOutput {
  const known = ["AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "MaxRecords", "NextToken"];
  refuseUnknown("monitoring:DescribeAlarms", input, known);
  const names = input.AlarmNames?.length ? new Set(input.AlarmNames) : undefined;
  if (input.AlarmTypes?.length && !input.AlarmTypes.includes("MetricAlarm"))
    return { MetricAlarms: [], CompositeAlarms: [] };
  const alarms = [...store.values()].filter(
    (alarm) =>
      (names === undefined || names.has(alarm.AlarmName!)) &&
      alarm.AlarmName!.startsWith(input.AlarmNamePrefix ?? "") &&
      (input.StateValue === undefined || alarm.StateValue === input.StateValue),
  );
  const from = number(input.NextToken ?? 0, "NextToken");
  const to = from + number(input.MaxRecords ?? 50, "MaxRecords");
  return {
    MetricAlarms: alarms.slice(from, to),
    CompositeAlarms: [],
    ...(to < alarms.length ? { NextToken: String(to) } : {}),
  };
}

/** Deletes all alarms or none. AWS refuses the call if one name is unknown. */
export function deleteAlarms(store: AlarmStore, input: DeleteAlarmsInput): object {
  const names = required(input.AlarmNames, "AlarmNames");
  for (const name of names) {
    if (!store.has(name)) throw new AwsError("ResourceNotFound", `The alarm '${name}' does not exist.`, 404);
  }
  for (const name of names) store.delete(name);
  return {};
}
