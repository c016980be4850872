import type { Dimension } from "@aws-sdk/client-cloudwatch";
import { AwsError, notImplemented } from "../../aws-error.ts";

export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

export function required<Value>(value: Value | undefined, member: string): Value {
  if (value === undefined || value === "")
    throw new AwsError("MissingParameter", `The parameter ${member} is required.`);
  return value;
}

/** Parses a number. Protocols and CloudFormation may send it as text. */
export function number(value: number | string | undefined, member: string): number {
  const result = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof result !== "number" || !Number.isFinite(result))
    throw invalidValue(`The value '${value}' for parameter ${member} is not a number.`);
  return result;
}

/** Parses a `Date`, ISO text or seconds since the epoch to milliseconds since the epoch. */
export function time(value: Date | string | number | undefined, member: string): number {
  const given = required(value, member);
  const at = typeof given === "number" ? given * 1000 : new Date(given).getTime();
  if (Number.isNaN(at)) throw invalidValue(`The value '${given}' for parameter ${member} is not a time.`);
  return at;
}

/** Parses a period to milliseconds. Metrics are stored by the minute, so periods are whole minutes. */
export function periodMs(value: number | string | undefined): number {
  const seconds = number(value, "Period");
  if ([1, 5, 10, 30].includes(seconds)) throw notImplemented(`monitoring: a period of ${seconds} seconds`);
  if (seconds < 60 || seconds % 60 !== 0)
    throw invalidValue(`The value '${seconds}' for parameter Period must be a multiple of 60.`);
  return seconds * 1000;
}

/** Checks that a metric has at most 30 dimensions, with distinct names and with values. */
export function checkDimensions(dimensions: Dimension[] | undefined): Dimension[] {
  const all = dimensions ?? [];
  if (all.length > 30) throw invalidValue(`A metric can have at most 30 dimensions, got ${all.length}.`);
  const names = new Set<string>();
  for (const { Name, Value } of all) {
    required(Value, "Dimensions.Value");
    if (names.has(required(Name, "Dimensions.Name")))
      throw invalidValue(`The dimension '${Name}' occurs more than once.`);
    names.add(Name!);
  }
  return all;
}
