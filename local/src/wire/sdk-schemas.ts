import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticErrorSchema, StaticOperationSchema } from "@smithy/types";

/**
 * All dependencies on the layout of the SDK's static schemas (`@smithy/types`, schema/static-schemas): tuples that
 * begin with an id. `NormalizedSchema` covers the rest. When one of these facts changes,
 * `local/test/wire/sdk-schemas.test.ts` fails and names the SDK's version.
 */

/** The input of `NormalizedSchema`: a tuple, a number for a simple type, or a function that returns either. */
export type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

/** An operation in a client's model. */
export interface OperationSchema {
  name: string;
  /** Method, path template and success status of a REST operation. */
  http?: [method: string, template: string, status: number];
  input: SchemaRef;
  output: SchemaRef;
}

const OPERATION: StaticOperationSchema[0] = 9;
const ERROR: StaticErrorSchema[0] = -3;

/** Returns the operations that an SDK client exports. */
export function operationsOf(client: object): OperationSchema[] {
  const schemas = Object.values(client).filter(
    (value): value is StaticOperationSchema => Array.isArray(value) && value[0] === OPERATION,
  );
  return schemas.map(([, , name, traits, input, output]) => ({
    name,
    ...(traits as Pick<OperationSchema, "http">),
    input,
    output,
  }));
}

/** Returns the errors that an SDK client exports. */
export function errorsOf(client: object): NormalizedSchema[] {
  return Object.values(client)
    .filter((value): value is StaticErrorSchema => Array.isArray(value) && value[0] === ERROR)
    .map((schema) => NormalizedSchema.of(schema));
}

/**
 * Returns the members that AWS requires. They are a structure's first members, and its seventh element is their number.
 */
export function requiredMembers(structure: NormalizedSchema): string[] {
  if (!structure.isStructSchema()) return [];
  const [, , , , names, , required = 0] = structure.getSchema() as StaticErrorSchema;
  return names.slice(0, required);
}

const TIMESTAMP_FORMATS = { 5: "date-time", 6: "http-date", 7: "epoch-seconds" } as const;

export type TimestampFormat = (typeof TIMESTAMP_FORMATS)[keyof typeof TIMESTAMP_FORMATS];

/** Returns the format that the model fixes for a timestamp; `undefined` if the protocol's own applies. */
export function timestampFormatOf(timestamp: NormalizedSchema): TimestampFormat | undefined {
  return TIMESTAMP_FORMATS[timestamp.getSchema() as keyof typeof TIMESTAMP_FORMATS];
}
