import { NormalizedSchema } from "@smithy/core/schema";
import { requiredMembers, type SchemaRef, type TimestampFormat, timestampFormatOf } from "./sdk-schemas.ts";

export type Traits = Record<string, any>;

type Kind =
  | "string"
  | "number"
  | "boolean"
  | "timestamp"
  | "blob"
  | "document"
  | "list"
  | "map"
  | "structure"
  | "union"
  | "unit";

/** A schema of the SDK, with the traits of its target and of the member that refers to it. */
export interface Shape {
  kind: Kind;
  name: string;
  traits: Traits;
  /** The format that the model fixes for a timestamp; otherwise the protocol's own applies. */
  timestampFormat?: TimestampFormat;
  /** Members of a structure or union, in the model's order; empty for other kinds. */
  members(): [name: string, shape: Shape][];
  /** Names of the members that AWS requires. */
  required: string[];
  /** Shape of list elements and map values. */
  value(): Shape;
  /** Shape of map keys. */
  key(): Shape;
}

const shapes = new WeakMap<NormalizedSchema, Shape>();

/** Returns the shape that a schema describes, always the same object for the same schema. */
export function shapeOf(ref: SchemaRef): Shape {
  const schema = NormalizedSchema.of(ref);
  let shape = shapes.get(schema);
  if (shape === undefined) {
    shape = describe(schema);
    shapes.set(schema, shape);
  }
  return shape;
}

function describe(schema: NormalizedSchema): Shape {
  let members: [string, Shape][] | undefined;
  const kind = kindOf(schema);
  const format = kind === "timestamp" ? timestampFormatOf(schema) : undefined;
  return {
    kind,
    name: schema.getName() ?? "",
    traits: schema.getMergedTraits(),
    ...(format === undefined ? {} : { timestampFormat: format }),
    required: requiredMembers(schema),
    members: () => {
      members ??= schema.isStructSchema()
        ? [...schema.structIterator()].map(([name, member]) => [name, shapeOf(member)])
        : [];
      return members;
    },
    value: () => shapeOf(schema.getValueSchema()),
    key: () => shapeOf(schema.getKeySchema()),
  };
}

function kindOf(schema: NormalizedSchema): Kind {
  if (schema.isUnionSchema()) return "union";
  if (schema.isStructSchema()) return "structure";
  if (schema.isListSchema()) return "list";
  if (schema.isMapSchema()) return "map";
  if (schema.isStringSchema()) return "string";
  if (schema.isBooleanSchema()) return "boolean";
  if (schema.isTimestampSchema()) return "timestamp";
  if (schema.isBlobSchema()) return "blob";
  if (schema.isDocumentSchema()) return "document";
  if (schema.isUnitSchema()) return "unit";
  if (schema.isNumericSchema() || schema.isBigIntegerSchema() || schema.isBigDecimalSchema()) return "number";
  throw new TypeError(`The SDK's schema ${schema.getName(true)} has an unknown type.`);
}
