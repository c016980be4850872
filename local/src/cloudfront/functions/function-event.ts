/**
 * The event that a CloudFront Function gets (Developer Guide, "CloudFront Functions event structure"), and the way
 * back from what it returns to a request or a response. Pure.
 */
import { type EdgeRequest, type Fields, newFields } from "../exchange.ts";
import { isDisallowed } from "./header-rules.ts";

/** A header, a cookie or a query parameter. More than one of a name stand in `multiValue`, `value` being the first. */
interface FunctionValue {
  value: string;
  /** Of cookies of a response: `Secure; Path=/`. */
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
  /** The query as the viewer sent it; "" for a lone question mark, `undefined` without one ("General helper methods"). */
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

/** A method is no part of the data: it is left out where events are copied and compared. */
function withRawQuery({ query, loneQuestionMark }: EdgeRequest, request: FunctionRequest): FunctionRequest {
  const raw = query === "" && !loneQuestionMark ? undefined : query;
  return Object.defineProperty(request, "rawQueryString", { value: () => raw });
}

/**
 * The request is the one that the viewer sent: whether a viewer-response function sees what a viewer-request function
 * added is documented nowhere, so nothing may build on it.
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

/** Names and values stay percent-encoded, as CloudFront leaves them. */
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

/** Header fields without the one that stands in `cookies`, and without what functions may not see. */
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

/** The way back: header lines of values that were validated. */
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

/** A header, a cookie or a parameter may be called "__proto__". */
function define(values: FunctionValues, name: string, value: FunctionValue): void {
  Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}
