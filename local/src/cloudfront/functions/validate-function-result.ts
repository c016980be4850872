/**
 * Validates the result of a CloudFront Function as CloudFront does. Viewers get a 502 for an invalid result. Pure.
 * Tests of functions use it too.
 */

import { type Fields, newFields } from "../exchange/exchange.ts";
import type { FunctionEvent, FunctionRequest, FunctionResponse, FunctionValues } from "./function-event.ts";
import { fieldsOf } from "./function-event.ts";
import { brokenHeaderRule } from "./header-rules.ts";

/** A result that CloudFront accepts, or the reason why it does not. */
export type Validated =
  | { kind: "request"; request: FunctionRequest }
  | { kind: "response"; response: FunctionResponse }
  | { kind: "invalid"; reason: string };

/** Maximum size of URI and query string together (CloudFront quota). */
const URL_MAX_BYTES = 8192;

/** @param event the event as it was before the call; the function may have changed its own copy */
export function validateFunctionResult(event: FunctionEvent, result: unknown): Validated {
  if (!isRecord(result)) return invalid(`the function returned ${result === null ? "null" : typeof result}`);
  if (event.context.eventType === "viewer-response") return validateViewerResponse(event, result);
  return "statusCode" in result ? validateGenerated(result) : validateRequest(event.request, result);
}

function validateRequest(before: FunctionRequest, result: Record<string, unknown>): Validated {
  const { method, uri, querystring = {}, headers = {}, cookies = {} } = result;
  if (method !== undefined && method !== before.method) return invalid("the method cannot be changed");
  if (typeof uri !== "string" || !uri.startsWith("/")) return invalid("uri does not begin with a slash");
  if (/[?#\s]/.test(uri)) return invalid("uri contains a query string, a fragment or white space");
  if (Buffer.byteLength(uri) > URL_MAX_BYTES) return invalid(`uri has more than ${URL_MAX_BYTES} bytes`);
  const broken =
    brokenValues("querystring", querystring) ??
    brokenValues("headers", headers) ??
    brokenValues("cookies", cookies);
  if (broken !== undefined) return invalid(broken);
  if (Object.hasOwn(headers as object, "cookie"))
    return invalid("cookies belong in request.cookies, not in headers");
  const rule = brokenHeaderRule(
    "viewer-request",
    fieldsOf(before.headers),
    fieldsOf(headers as FunctionValues),
  );
  if (rule !== undefined) return invalid(rule);
  const request = { method: before.method, uri, querystring, headers, cookies } as FunctionRequest;
  return { kind: "request", request };
}

function validateGenerated(result: Record<string, unknown>): Validated {
  return brokenResponse(result) ?? checkedResponse("viewer-request", {}, result);
}

/**
 * Validates the result of a viewer-response function, which may change the status and replace or remove the body
 * ("CloudFront Functions event structure", Status code and body).
 */
function validateViewerResponse(event: FunctionEvent, result: Record<string, unknown>): Validated {
  const before = event.response!;
  const broken = brokenResponse(result);
  if (broken !== undefined) return broken;
  return checkedResponse("viewer-response", before.headers ?? {}, result);
}

function brokenResponse(result: Record<string, unknown>): Validated | undefined {
  const { statusCode, statusDescription, headers = {}, cookies = {}, body } = result;
  if (!Number.isInteger(statusCode) || (statusCode as number) < 100 || (statusCode as number) > 599)
    return invalid(`statusCode is not an HTTP status: ${String(statusCode)}`);
  if (statusDescription !== undefined && typeof statusDescription !== "string")
    return invalid("statusDescription is not a string");
  const broken = brokenValues("headers", headers) ?? brokenValues("cookies", cookies);
  if (broken !== undefined) return invalid(broken);
  if (Object.hasOwn(headers as object, "set-cookie"))
    return invalid("cookies belong in response.cookies, not in a set-cookie header");
  return brokenBody(body);
}

function checkedResponse(
  event: "viewer-request" | "viewer-response",
  before: FunctionValues,
  result: Record<string, unknown>,
): Validated {
  const after = fieldsOf((result.headers ?? {}) as FunctionValues);
  const kept = fieldsOf(before);
  // A function that replaces the body describes the new one ("Status code and body").
  if (result.body !== undefined) for (const name of BODY_FIELDS) copyField(name, after, kept);
  // A generated response has no original to compare with; only disallowed headers can be wrong.
  const rule = brokenHeaderRule(
    event === "viewer-response" ? event : "viewer-request",
    event === "viewer-response" ? kept : newFields(after),
    after,
  );
  return rule === undefined
    ? { kind: "response", response: result as unknown as FunctionResponse }
    : invalid(rule);
}

/** Fields that describe a body. */
const BODY_FIELDS = ["content-encoding", "content-length", "transfer-encoding"];

function copyField(name: string, from: Fields, to: Fields): void {
  if (from[name] === undefined) delete to[name];
  else to[name] = from[name];
}

function brokenBody(body: unknown): Validated | undefined {
  if (body === undefined || typeof body === "string") return undefined;
  if (!isRecord(body) || typeof body.data !== "string")
    return invalid("body is neither a string nor {encoding, data}");
  if (body.encoding !== undefined && body.encoding !== "text" && body.encoding !== "base64")
    return invalid(`the encoding of the body is neither text nor base64: ${String(body.encoding)}`);
  return undefined;
}

function brokenValues(what: string, values: unknown): string | undefined {
  if (!isRecord(values)) return `${what} is not an object`;
  for (const name in values) {
    const entry = values[name];
    if (!isRecord(entry)) return `${what}["${name}"] is not an object with a value`;
    const lines = entry.multiValue === undefined ? [entry] : entry.multiValue;
    if (!Array.isArray(lines)) return `${what}["${name}"].multiValue is not a list`;
    for (const line of [entry, ...lines]) {
      if (!isRecord(line) || typeof line.value !== "string")
        return `${what}["${name}"] has a value that is not a string`;
      if (line.attributes !== undefined && typeof line.attributes !== "string")
        return `${what}["${name}"] has attributes that are not a string`;
    }
  }
  return undefined;
}

function invalid(reason: string): Validated {
  return { kind: "invalid", reason };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
