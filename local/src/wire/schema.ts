/**
 * Reads the service models that the SDK clients carry: every `@aws-sdk/client-*` package exports its operations and
 * structures as static schemas (`@smithy/types`, schema/static-schemas), generated from AWS's own Smithy models.
 */

/** An unresolved schema: a number for a simple type, a tuple, a function that gives one, or `[schema, member traits]`. */
export type SchemaRef = unknown;

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

/** A resolved schema with the traits of its target and of the member that led to it. */
export interface Shape {
  kind: Kind;
  name: string;
  traits: Traits;
  /** Of a timestamp, where the model fixes one; else the protocol's own. */
  timestampFormat?: "date-time" | "http-date" | "epoch-seconds";
  /** Members of a structure or union, in the model's order; empty otherwise. */
  members(): [name: string, shape: Shape][];
  /** Names of the members that AWS demands: the first ones of `members()`. */
  required: string[];
  /** Of list elements and map values. */
  value(): Shape;
  /** Of map keys. */
  key(): Shape;
}

const STRING: SchemaRef = 0;
const LIST_BIT = 64;
const MAP_BIT = 128;
const BIT_TRAITS = [
  "httpLabel",
  "idempotent",
  "idempotencyToken",
  "sensitive",
  "httpPayload",
  "httpResponseCode",
  "httpQueryParams",
];
const known = new WeakMap<object, Shape>();

/** The shape that a schema describes. Shapes of objects are made once. */
export function shapeOf(ref: SchemaRef): Shape {
  const cacheable = typeof ref === "object" && ref !== null;
  const cached = cacheable ? known.get(ref) : undefined;
  if (cached !== undefined) return cached;
  const shape = resolve(ref);
  if (cacheable) known.set(ref, shape);
  return shape;
}

function resolve(ref: SchemaRef): Shape {
  let schema = ref;
  let memberTraits: Traits = {};
  for (;;) {
    if (typeof schema === "function") schema = schema();
    else if (Array.isArray(schema) && schema.length === 2) {
      memberTraits = { ...readTraits(schema[1]), ...memberTraits };
      schema = schema[0];
    } else break;
  }
  if (!Array.isArray(schema)) return simple(schema, "", memberTraits);
  const [id, , name, own] = schema as [number, string, string, unknown, ...unknown[]];
  const traits = { ...readTraits(own), ...memberTraits };
  if (id === 0) return simple(schema[4], name, traits);
  if (id === 1) return container("list", name, traits, { value: schema[4] });
  if (id === 2) return container("map", name, traits, { key: schema[4], value: schema[5] });
  return structure(id === 4 ? "union" : "structure", name, traits, schema.slice(4) as StructureParts);
}

type StructureParts = [names: string[], refs: SchemaRef[], required?: number];

function structure(kind: Kind, name: string, traits: Traits, parts: StructureParts): Shape {
  const [names, refs, required = 0] = parts;
  let members: [string, Shape][] | undefined;
  return {
    ...container(kind, name, traits, {}),
    required: names.slice(0, required),
    members: () => {
      members ??= names.map((member, index) => [member, shapeOf(refs[index])]);
      return members;
    },
  };
}

function container(
  kind: Kind,
  name: string,
  traits: Traits,
  refs: { key?: SchemaRef; value?: SchemaRef },
): Shape {
  return {
    kind,
    name,
    traits,
    members: () => [],
    required: [],
    value: () => shapeOf(refs.value ?? STRING),
    key: () => shapeOf(refs.key ?? STRING),
  };
}

function simple(schema: unknown, name: string, traits: Traits): Shape {
  if (schema === "unit") return container("unit", name, traits, {});
  const code = schema as number;
  if (code >= MAP_BIT) return container("map", name, traits, { value: code & 63 });
  if (code >= LIST_BIT) return container("list", name, traits, { value: code & 63 });
  const shape = container(simpleKind(code), name, traits, {});
  if (code === 42) shape.traits = { ...traits, streaming: 1 };
  if (code === 5) shape.timestampFormat = "date-time";
  if (code === 6) shape.timestampFormat = "http-date";
  if (code === 7) shape.timestampFormat = "epoch-seconds";
  return shape;
}

function simpleKind(code: number): Kind {
  if (code === 0) return "string";
  if (code === 1 || code === 17 || code === 19) return "number";
  if (code === 2) return "boolean";
  if (code >= 4 && code <= 7) return "timestamp";
  if (code === 21 || code === 42) return "blob";
  if (code === 15) return "document";
  throw new TypeError(`The SDK's model has a schema type that is not known here: ${code}.`);
}

/** Traits are an object, or a bit vector of those without a value. */
function readTraits(traits: unknown): Traits {
  if (typeof traits === "object" && traits !== null) return traits;
  const read: Traits = {};
  BIT_TRAITS.forEach((trait, bit) => {
    if ((Number(traits) >> bit) & 1) read[trait] = 1;
  });
  return read;
}
