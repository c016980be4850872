import { AwsError, notImplemented } from "../../aws-error.ts";

/** The error for an invalid input. */
export function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

export function required<Value>(value: Value | undefined, member: string): Value {
  if (value === undefined || value === "") throw invalid(`The parameter ${member} is required.`);
  return value;
}

/** Parses a whole number within its bounds. The query protocol and CloudFormation send numbers as text. */
export function integer(value: number | string | undefined, member: string, limits: IntegerLimits): number {
  if (value === undefined && limits.default !== undefined) return limits.default;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (!Number.isInteger(number) || (number as number) < limits.min || (number as number) > limits.max) {
    throw invalid(`${member} must be a whole number from ${limits.min} to ${limits.max}, got '${value}'.`);
  }
  return number as number;
}

export interface IntegerLimits {
  min: number;
  max: number;
  /** Value of an absent member. Without a default, an absent member is refused. */
  default?: number;
}

/** Parses a boolean, or the text `true` or `false`. */
export function boolean(value: boolean | string | undefined, member: string, whenAbsent: boolean): boolean {
  if (value === undefined) return whenAbsent;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw invalid(`${member} must be true or false, got '${value}'.`);
}

/** Returns one of the simulated values. Other values are refused by name. */
export function oneOf<Value extends string>(
  value: string | undefined,
  member: string,
  simulated: readonly Value[],
  whenAbsent: Value,
): Value {
  if (value === undefined) return whenAbsent;
  if (!(simulated as readonly string[]).includes(value)) throw notImplemented(`elbv2: ${member} '${value}'`);
  return value as Value;
}

/** Checks the name of a load balancer or target group: at most 32 letters, digits and hyphens (ELBv2 API reference). */
export function validName(name: string | undefined, what: string): string {
  const value = required(name, "Name");
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/.test(value)) {
    throw invalid(
      `The ${what} name '${value}' can only contain letters, digits and hyphens, and must not begin or end with a hyphen.`,
    );
  }
  if (value.length > 32) throw invalid(`The ${what} name '${value}' cannot be longer than '32' characters.`);
  return value;
}

/** Returns one page of a listing, from `Marker` (the start) and `PageSize` (at most 400). */
export function page<Item>(
  items: Item[],
  input: { Marker?: string; PageSize?: number | string },
): { items: Item[]; NextMarker?: string } {
  const size = integer(input.PageSize, "PageSize", { min: 1, max: 400, default: 400 });
  const start = integer(input.Marker, "Marker", { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 });
  const end = start + size;
  const next = end < items.length ? { NextMarker: String(end) } : {};
  return { items: items.slice(start, end), ...next };
}
