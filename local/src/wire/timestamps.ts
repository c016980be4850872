import { AwsError } from "../aws-error.ts";
import type { Shape } from "./schema.ts";
import type { TimestampFormat } from "./sdk-schemas.ts";

/** Formats a timestamp as the model requires, otherwise in the protocol's format. */
export function writeTimestamp(shape: Shape, value: unknown, byDefault: TimestampFormat): string | number {
  const date = value instanceof Date ? value : new Date(value as string | number);
  const format = shape.timestampFormat ?? byDefault;
  if (format === "http-date") return date.toUTCString();
  if (format === "epoch-seconds") return date.getTime() / 1000;
  return date.toISOString();
}

/** Parses any of the three formats, which are distinguishable. */
export function readTimestamp(value: string | number): Date {
  const seconds =
    typeof value === "number" ? value : /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
  const date = new Date(seconds === undefined ? value : Math.round(seconds * 1000));
  if (Number.isNaN(date.getTime()))
    throw new AwsError("SerializationException", `Not a timestamp: ${JSON.stringify(value)}.`);
  return date;
}
