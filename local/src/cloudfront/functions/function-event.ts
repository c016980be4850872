/**
 * Converts requests and responses to the event of a CloudFront Function, and its result back to a request or a response
 * (Developer Guide, "CloudFront Functions event structure"). Pure.
 */
import { type EdgeRequest, type Fields, newFields } from "../exchange/exchange.ts";
import { isDisallowed } from "./header-rules.ts";

/** A header, cookie or query parameter. `multiValue` contains all values of a repeated name, `value` the first. */
interface FunctionValue {
  value: string;
  /** Attributes of a response's cookie, e.g. `Secure; Path=/`. */
  attributes?: string;
  multiValue?: { value: string; attributes?: string }[];
}

export type FunctionValues = Record<string, FunctionValue>;

export interface FunctionRequest {
  method: string;
  uri: string;
  querystring: FunctionValues;
  headers: FunctionValues;
  cookies: FunctionValues;
  /**
   * Returns the query as the viewer sent it: "" if only a question mark was sent, `undefined` without one
   * ("General helper methods").
   */
  rawQueryString?(): string | undefined;
}

export interface FunctionResponse {
  statusCode: number;
  statusDescription?: string;
  headers?: FunctionValues;
  cookies?: FunctionValues;
  body?: string | { encoding?: "text" | "base64"; data: string };
}

export interface FunctionEvent {
  version: "1.0";
  context: {
    distributionDomainName: string;
    distributionId: string;
    eventType: "viewer-request" | "viewer-response";
    requestId: string;
  };
  viewer: { ip: string };
  request: FunctionRequest;
  response?: FunctionResponse;
}

export interface DistributionName {
  id: string;
  domainName: string;
}

export function viewerRequestEvent(distribution: DistributionName, request: EdgeRequest): FunctionEvent {
  return {
    version: "1.0",
    context: {
      distributionDomainName: distribution.domainName,
      distributionId: distribution.id,
      eventType: "viewer-request",
      requestId: request.id,
    },
    viewer: { ip: request.ip },
    request: withRawQuery(request, {
      method: request.method,
      uri: request.path,
      querystring: parseQuery(request.query),
      headers: headerValues(request.fields, "cookie"),
      cookies: parseCookies(request.fields.cookie),
    }),
  };
}

/** Adds `rawQueryString()` as a non-enumerable property, so that copies and comparisons of events skip it. */
function withRawQuery({ query, loneQuestionMark }: EdgeRequest, request: FunctionRequest): FunctionRequest {
  const raw = query === "" && !loneQuestionMark ? undefined : query;
  return Object.defineProperty(request, "rawQueryString", { value: () => raw });
}

/**
 * Returns the event of a viewer-response function. Its request is the viewer's: AWS does not document whether the
 * function sees the changes of a viewer-request function, so it does not see them here.
 */
export function viewerResponseEvent(
  distribution: DistributionName,
  viewer: EdgeRequest,
  response: { status: number; reason?: string | undefined; fields: Fields },
): FunctionEvent {
  const event = viewerRequestEvent(distribution, viewer);
  event.context.eventType = "viewer-response";
  event.response = {
    statusCode: response.status,
    ...(response.reason === undefined ? {} : { statusDescription: response.reason }),
    headers: headerValues(response.fields, "set-cookie"),
    cookies: parseSetCookies(response.fields["set-cookie"]),
  };
  return event;
}

/** Parses a query string. Names and values stay percent-encoded, as in CloudFront. */
export function parseQuery(query: string): FunctionValues {
  const values: FunctionValues = {};
  if (query === "") return values;
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const end = pair.indexOf("=");
    if (end === -1) add(values, pair, { value: "" });
    else add(values, pair.slice(0, end), { value: pair.slice(end + 1) });
  }
  return values;
}

export function formatQuery(values: FunctionValues): string {
  const pairs: string[] = [];
  for (const name in values) {
    for (const { value } of valuesOf(values[name]!)) pairs.push(`${name}=${value}`);
  }
  return pairs.join("&");
}

export function parseCookies(lines: readonly string[] | undefined): FunctionValues {
  const values: FunctionValues = {};
  for (const line of lines ?? []) {
    for (const pair of line.split(";")) {
      const end = pair.indexOf("=");
      const name = (end === -1 ? pair : pair.slice(0, end)).trim();
      if (name !== "") add(values, name, { value: end === -1 ? "" : pair.slice(end + 1).trim() });
    }
  }
  return values;
}

export function formatCookies(values: FunctionValues): string {
  const pairs: string[] = [];
  for (const name in values) {
    for (const { value } of valuesOf(values[name]!)) pairs.push(`${name}=${value}`);
  }
  return pairs.join("; ");
}

export function parseSetCookies(lines: readonly string[] | undefined): FunctionValues {
  const values: FunctionValues = {};
  for (const line of lines ?? []) {
    const end = line.indexOf(";");
    const pair = end === -1 ? line : line.slice(0, end);
    const attributes = end === -1 ? "" : line.slice(end + 1).trim();
    const equals = pair.indexOf("=");
    if (equals === -1) continue;
    const value = pair.slice(equals + 1).trim();
    add(values, pair.slice(0, equals).trim(), attributes === "" ? { value } : { value, attributes });
  }
  return values;
}

export function formatSetCookies(values: FunctionValues): string[] {
  const lines: string[] = [];
  for (const name in values) {
    for (const { value, attributes } of valuesOf(values[name]!))
      lines.push(attributes ? `${name}=${value}; ${attributes}` : `${name}=${value}`);
  }
  return lines;
}

/** Returns the headers that functions may see, without the one (`apart`) that the event has in `cookies`. */
function headerValues(fields: Fields, apart: string): FunctionValues {
  const values: FunctionValues = {};
  for (const name in fields) {
    if (name === apart || isDisallowed(name)) continue;
    const lines = fields[name]!;
    const value =
      lines.length === 1
        ? { value: lines[0]! }
        : { value: lines[0]!, multiValue: lines.map((value) => ({ value })) };
    define(values, name, value);
  }
  return values;
}

/** Converts validated values back to header fields. */
export function fieldsOf(values: FunctionValues): Fields {
  const fields = newFields();
  for (const name in values) fields[name] = valuesOf(values[name]!).map(({ value }) => value);
  return fields;
}

function valuesOf(entry: FunctionValue): { value: string; attributes?: string }[] {
  return entry.multiValue !== undefined && entry.multiValue.length > 0 ? entry.multiValue : [entry];
}

function add(values: FunctionValues, name: string, value: { value: string; attributes?: string }): void {
  const present = Object.hasOwn(values, name) ? values[name] : undefined;
  if (present === undefined) define(values, name, value);
  else if (present.multiValue === undefined) present.multiValue = [{ ...present }, value];
  else present.multiValue.push(value);
}

/** Sets a value safely: a header, cookie or parameter may be named "__proto__". */
function define(values: FunctionValues, name: string, value: FunctionValue): void {
  Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}
