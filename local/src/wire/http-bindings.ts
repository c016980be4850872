import type { Match } from "./routes.ts";
import type { Shape } from "./schema.ts";
import { readTimestamp, writeTimestamp } from "./timestamps.ts";

interface Carried {
  query: URLSearchParams;
  headers: Record<string, string>;
}

/** Reads the members in path, query and headers. The codec reads those in the body. */
export function readBindings({ route, labels }: Match, { query, headers }: Carried): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, shape] of route.input.members()) {
    const value = readBinding(name, shape, labels, { query, headers });
    if (value !== undefined) input[name] = value;
  }
  return input;
}

/** Whether a member is in the body, alone (`httpPayload`) or with others. */
export function isInBody({ traits }: Shape): boolean {
  return !(
    traits.httpLabel ||
    traits.httpQuery ||
    traits.httpQueryParams ||
    traits.httpHeader ||
    traits.httpPrefixHeaders !== undefined ||
    traits.httpResponseCode
  );
}

/** Returns the member that is the whole body, if any. */
export function payloadOf(shape: Shape): [name: string, shape: Shape] | undefined {
  return shape.members().find(([, member]) => member.traits.httpPayload);
}

/** Returns the structure with only its body members. */
export function bodyShape(shape: Shape): Shape {
  return { ...shape, members: () => shape.members().filter(([, member]) => isInBody(member)) };
}

/** Returns the members of an output that are headers, and the status if a member contains it. */
export function writeBindings(
  shape: Shape,
  output: Record<string, any>,
): { headers: Record<string, string>; status: number | undefined } {
  const headers: Record<string, string> = {};
  let status: number | undefined;
  for (const [name, member] of shape.members()) {
    const value = output[name];
    if (value === undefined || value === null) continue;
    const { httpHeader, httpPrefixHeaders, httpResponseCode } = member.traits;
    if (httpResponseCode) status = value;
    if (httpHeader !== undefined) headers[httpHeader.toLowerCase()] = writeHeader(member, value);
    if (httpPrefixHeaders !== undefined) {
      for (const [key, item] of Object.entries(value))
        headers[httpPrefixHeaders.toLowerCase() + key] = String(item);
    }
  }
  return { headers, status };
}

function readBinding(
  name: string,
  shape: Shape,
  labels: Record<string, string>,
  { query, headers }: Carried,
): unknown {
  const { httpLabel, httpQuery, httpHeader, httpPrefixHeaders } = shape.traits;
  if (httpLabel) return labels[name] === undefined ? undefined : readScalar(shape, labels[name]);
  if (httpQuery !== undefined) return readQueryMember(shape, query.getAll(httpQuery));
  if (httpHeader !== undefined) {
    const value = headers[httpHeader.toLowerCase()];
    if (value === undefined) return undefined;
    if (shape.kind !== "list") return readScalar(shape, value);
    return value.split(",").map((item) => readScalar(shape.value(), item.trim()));
  }
  if (httpPrefixHeaders !== undefined) return readPrefixed(headers, httpPrefixHeaders.toLowerCase());
  return undefined;
}

function readQueryMember(shape: Shape, values: string[]): unknown {
  if (values.length === 0) return undefined;
  return shape.kind === "list"
    ? values.map((value) => readScalar(shape.value(), value))
    : readScalar(shape, values[0]!);
}

function readPrefixed(headers: Record<string, string>, prefix: string): Record<string, string> | undefined {
  const found = Object.entries(headers)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [name.slice(prefix.length), value]);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function readScalar(shape: Shape, text: string): unknown {
  if (shape.kind === "number") return Number(text);
  if (shape.kind === "boolean") return text.toLowerCase() === "true";
  if (shape.kind === "timestamp") return readTimestamp(text);
  if (shape.kind === "blob") return Buffer.from(text, "base64");
  return text;
}

function writeHeader(shape: Shape, value: unknown): string {
  if (shape.kind === "timestamp") return String(writeTimestamp(shape, value, "http-date"));
  if (shape.kind === "list") return (value as unknown[]).join(",");
  return String(value);
}
