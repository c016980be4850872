import { AwsError } from "../aws-error.ts";
import type { Shape } from "./schema.ts";
import { readTimestamp, writeTimestamp } from "./timestamps.ts";

export interface JsonOptions {
  /** Whether the `jsonName` trait renames members: in REST-JSON, but not in the RPC protocols. */
  jsonNames: boolean;
}

/**
 * Converts a JSON document to SDK-shaped input: timestamps to `Date`s, blobs to bytes. Drops members that the model
 * lacks.
 */
export function readJson(shape: Shape | undefined, value: unknown, options: JsonOptions): any {
  if (shape === undefined) return value;
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case "structure":
    case "union":
      return readStructure(shape, expectObject(shape, value), options);
    case "list":
      if (!Array.isArray(value)) throw mismatch(shape, value);
      return value.map((item) => readJson(shape.value(), item, options));
    case "map":
      return mapValues(expectObject(shape, value), (item) => readJson(shape.value(), item, options));
    case "timestamp":
      return readTimestamp(value as string | number);
    case "blob":
      return Buffer.from(String(value), "base64");
    case "unit":
      return {};
    case "string":
    case "boolean":
    case "number":
      if (typeof value !== shape.kind) throw mismatch(shape, value);
      return value;
    default:
      return value;
  }
}

/** Converts SDK-shaped output to a JSON document. Without a model (`shape` undefined), the type of a value decides. */
export function writeJson(shape: Shape | undefined, value: unknown, options: JsonOptions): unknown {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Date) return shape === undefined ? value.getTime() / 1000 : writeDate(shape, value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) {
    return value.map((item) => writeJson(shape?.value(), item, options));
  }
  if (typeof value !== "object") return value;
  if (shape === undefined || shape.kind === "document")
    return mapValues(value, (item) => writeJson(undefined, item, options));
  if (shape.kind === "map") return mapValues(value, (item) => writeJson(shape.value(), item, options));
  const written: Record<string, unknown> = {};
  for (const [name, member] of shape.members()) {
    const item = writeJson(member, (value as Record<string, unknown>)[name], options);
    if (item !== undefined) written[jsonName(name, member, options)] = item;
  }
  return written;
}

/** Parses a body. An empty body is an empty structure. */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch (error) {
    throw new AwsError("SerializationException", `The body is not JSON: ${(error as Error).message}`);
  }
}

function readStructure(shape: Shape, value: object, options: JsonOptions): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, member] of shape.members()) {
    const item = readJson(
      member,
      (value as Record<string, unknown>)[jsonName(name, member, options)],
      options,
    );
    if (item !== undefined) read[name] = item;
  }
  return read;
}

function writeDate(shape: Shape, value: Date): unknown {
  return shape.kind === "timestamp" ? writeTimestamp(shape, value, "epoch-seconds") : value.toISOString();
}

function jsonName(name: string, shape: Shape, options: JsonOptions): string {
  return options.jsonNames ? (shape.traits.jsonName ?? name) : name;
}

function mapValues(value: object, change: (item: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}

function expectObject(shape: Shape, value: unknown): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw mismatch(shape, value);
  return value;
}

function mismatch(shape: Shape, value: unknown): AwsError {
  return new AwsError(
    "SerializationException",
    `Expected ${shape.kind} ${shape.name}, got ${JSON.stringify(value)?.slice(0, 80)}.`,
  );
}
