import { AwsError, notImplemented } from "../../aws-error.ts";

type Literal = string | number | boolean | null;
/** An event pattern. A leaf is an array of alternatives; everything else is nested. */
export type Pattern = { [field: string]: Pattern | Filter[] };
type Filter =
  | Literal
  | { prefix: string }
  | { suffix: string }
  | { exists: boolean }
  | { "anything-but": Literal[] };

/**
 * Reads the JSON of an event pattern.
 *
 * @throws AwsError InvalidEventPatternException; NotImplemented for an unsupported filter
 */
export function parsePattern(text: string): Pattern {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid("Event pattern is not valid JSON.");
  }
  return readNested(json, "the pattern");
}

function readNested(value: unknown, where: string): Pattern {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`${where} must be an object or an array.`);
  const fields = Object.entries(value);
  if (fields.length === 0) throw invalid(`${where} must not be empty.`);
  return Object.fromEntries(
    fields.map(([name, inner]) => {
      if (name.startsWith("$")) throw notImplemented(`events:PutRule: the operator ${name}`);
      return [name, Array.isArray(inner) ? readFilters(inner, name) : readNested(inner, name)];
    }),
  );
}

function readFilters(values: unknown[], name: string): Filter[] {
  if (values.length === 0) throw invalid(`${name} must not be an empty array.`);
  return values.map((value): Filter => {
    if (isLiteral(value)) return value;
    const [[kind, operand] = ["", undefined], ...more] = Object.entries(Object(value));
    if (more.length === 0) {
      if ((kind === "prefix" || kind === "suffix") && typeof operand === "string")
        return { [kind]: operand } as Filter;
      if (kind === "exists" && typeof operand === "boolean") return { exists: operand };
      const others = [operand].flat();
      if (kind === "anything-but" && others.every(isLiteral)) return { "anything-but": others };
    }
    throw notImplemented(`events:PutRule: the filter ${JSON.stringify(value)}`);
  });
}

/** Whether an event matches a pattern: each field of the pattern must have one of its alternatives. */
export function matches(pattern: Pattern, event: object): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    const value = Object.hasOwn(event, name) ? (event as Record<string, unknown>)[name] : undefined;
    if (Array.isArray(wanted)) return wanted.some((filter) => accepts(filter, value));
    return matches(wanted, typeof value === "object" && value !== null ? value : {});
  });
}

/** An array in the event matches if one of its elements does. */
function accepts(filter: Filter, value: unknown): boolean {
  if (typeof filter === "object" && filter !== null && "exists" in filter)
    return filter.exists === (value !== undefined);
  return [value].flat().some((one) => {
    if (isLiteral(filter)) return one === filter;
    if ("prefix" in filter) return typeof one === "string" && one.startsWith(filter.prefix);
    if ("suffix" in filter) return typeof one === "string" && one.endsWith(filter.suffix);
    return "anything-but" in filter && one !== undefined && !filter["anything-but"].includes(one as Literal);
  });
}

function isLiteral(value: unknown): value is Literal {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${message}`);
}
