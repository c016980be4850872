import { z } from "zod";

/** What the error message says about a field with an invalid value. */
export interface FieldHint {
  /** Completes the sentence "expected …". A function receives the invalid value. */
  expected: string | ((got: unknown) => string);
  /** A valid value. */
  example: unknown;
}

const hints = z.registry<FieldHint>();

/** Attaches to a schema what the error message says about an invalid value. */
export function field<Schema extends z.ZodType>(
  schema: Schema,
  expected: FieldHint["expected"],
  example: unknown,
): Schema {
  const own = schema.clone() as Schema; // two fields of one kind have two hints
  hints.add(own, { expected, example });
  return own;
}

/** The hint of the field at `path`, or of the nearest field around it that has one. */
export function hintAt(root: z.ZodType, path: readonly PropertyKey[]): FieldHint | undefined {
  let found = hints.get(root);
  let here: z.ZodType | undefined = root;
  for (const key of path) {
    here = child(here, key);
    if (here === undefined) break;
    found = hintThroughWrappers(here) ?? found;
  }
  return found;
}

/** The field names of the object at `path`; empty if it is not an object. */
export function fieldsAt(root: z.ZodType, path: readonly PropertyKey[]): string[] {
  const schema = path.reduce<z.ZodType | undefined>((here, key) => here && child(here, key), root);
  const inner = schema && unwrap(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function child(schema: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape[String(key)];
  if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
  if (inner instanceof z.ZodDiscriminatedUnion)
    return inner.options
      .map((option) => child(option as z.ZodType, key))
      .find((found) => found !== undefined);
  return undefined;
}

function hintThroughWrappers(schema: z.ZodType): FieldHint | undefined {
  for (let here = schema; ; ) {
    const hint = hints.get(here);
    if (hint) return hint;
    const inner = peel(here);
    if (inner === undefined) return undefined;
    here = inner;
  }
}

function unwrap(schema: z.ZodType): z.ZodType {
  let here = schema;
  for (let inner = peel(here); inner !== undefined; inner = peel(here)) here = inner;
  return here;
}

/** The schema inside an optional or a default; `undefined` if there is none. */
function peel(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return schema.unwrap() as z.ZodType;
  return undefined;
}
