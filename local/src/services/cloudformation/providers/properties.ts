import { AwsError } from "../../../aws-error.ts";

/**
 * The accepted form of a property. `json` accepts anything; `[shape]` is a list; `mapOf(shape)` has arbitrary keys; an
 * object lists its keys, and others are refused by name.
 */
export type Shape =
  | "string"
  | "number"
  | "boolean"
  | "json"
  | readonly [Shape]
  | MapShape
  | { readonly [key: string]: Shape };

const MAP = Symbol("map");
export interface MapShape {
  readonly [MAP]: Shape;
}

export function mapOf(value: Shape): MapShape {
  return { [MAP]: value };
}

export const STRINGS: Shape = ["string"];
export const TAG_LIST: Shape = [{ Key: "string", Value: "string" }];
export const TAG_MAP: Shape = mapOf("string");

/** The properties of a type: a fixed set, or arbitrary ones. */
export type PropertiesShape = { readonly [name: string]: Shape } | MapShape;

export interface Problem {
  /** JSON pointer from the resource: `/Properties/Matcher/Foo`. */
  path: string;
  message: string;
}

/**
 * Converts properties to the types of their shape (a template may write `"80"` for 80, and parameters are always text).
 * Throws a `ValidationError` that lists every unknown, missing or mistyped property.
 */
export function coerceProperties(
  properties: Record<string, unknown>,
  shape: PropertiesShape,
  required: readonly string[],
  resource: { logicalId: string; type: string },
): Record<string, any> {
  const problems: Problem[] = [];
  const coerced = coerce(properties, shape, "", problems) as Record<string, any>;
  for (const name of required)
    if (coerced[name] === undefined)
      problems.push({ path: "/", message: `required key [${name}] not found` });
  if (problems.length === 0) return coerced;
  const list = problems.map(({ path, message }) => `#${path}: ${message}`).join(", ");
  throw new AwsError(
    "ValidationError",
    `Properties validation failed for resource ${resource.logicalId} of type ${resource.type} with message: [${list}]`,
  );
}

/** Runs the same check before evaluation, when any value may be a function call. */
export function checkPropertyNames(
  properties: unknown,
  shape: PropertiesShape,
  required: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  coerce(properties ?? {}, shape, "", problems, true);
  if (!isFunctionCall(properties)) {
    for (const name of required)
      if (!Object.hasOwn((properties ?? {}) as object, name))
        problems.push({ path: "/", message: `required key [${name}] not found` });
  }
  return problems;
}

function coerce(value: unknown, shape: Shape, path: string, problems: Problem[], raw = false): unknown {
  if (shape === "json" || value === undefined) return value;
  if (raw && (isFunctionCall(value) || typeof shape === "string")) return value;
  if (typeof shape === "string") return coerceScalar(value, shape, path, problems);
  if (Array.isArray(shape)) {
    const item = shape[0] as Shape;
    // CloudFormation accepts a single value in place of a list.
    const list = Array.isArray(value) ? value : [value];
    return list.map((each, index) => coerce(each, item, `${path}/${index}`, problems, raw));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.push({ path: path || "/", message: `expected type: JSONObject, found: ${typeName(value)}` });
    return undefined;
  }
  return coerceObject(value, shape as Exclude<Shape, string | readonly [Shape]>, path, problems, raw);
}

function coerceObject(
  value: object,
  shape: PropertiesShape,
  path: string,
  problems: Problem[],
  raw: boolean,
): Record<string, unknown> {
  const result: [key: string, value: unknown][] = [];
  for (const [key, each] of Object.entries(value)) {
    const known = shapeOf(key, shape);
    if (known === undefined)
      problems.push({
        path: path || "/",
        message: `extraneous key [${key}] is not permitted (the local AWS does not support it)`,
      });
    else result.push([key, coerce(each, known, `${path}/${key}`, problems, raw)]);
  }
  // An assignment would be wrong: a key of a map may be "__proto__".
  return Object.fromEntries(result);
}

/** Returns the shape of a key. Only own keys of `shape` count: a template may contain the key "constructor". */
function shapeOf(key: string, shape: PropertiesShape): Shape | undefined {
  if (MAP in shape) return (shape as MapShape)[MAP];
  return Object.hasOwn(shape, key) ? (shape as Record<string, Shape>)[key] : undefined;
}

function coerceScalar(value: unknown, shape: string, path: string, problems: Problem[]): unknown {
  if (shape === "string" && ["string", "number", "boolean"].includes(typeof value)) return String(value);
  if (shape === "number" && isNumeric(value)) return Number(value);
  if (shape === "boolean" && (typeof value === "boolean" || value === "true" || value === "false"))
    return value === true || value === "true";
  problems.push({ path: path || "/", message: `expected type: ${shape}, found: ${typeName(value)}` });
  return undefined;
}

function isNumeric(value: unknown): boolean {
  if (typeof value === "number") return true;
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "JSONArray";
  return value === null ? "null" : typeof value === "object" ? "JSONObject" : typeof value;
}

/** Whether a value is `{Ref: …}` or `{"Fn::…": …}`. */
export function isFunctionCall(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === "Ref" || keys[0]!.startsWith("Fn::"));
}

/** Returns the named properties that have a value. */
export function pick(properties: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]]),
  );
}
