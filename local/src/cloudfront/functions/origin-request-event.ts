/**
 * Builds the event of a Lambda@Edge function at origin-request (Developer Guide, "Lambda@Edge event structure"), and
 * validates its result. Pure.
 */

import type { CustomOrigin, Origin } from "../configuration/distribution.ts";
import { type EdgeRequest, type Fields, newFields } from "../exchange/exchange.ts";
import type { DistributionName } from "./function-event.ts";
import { brokenHeaderRule, isDisallowed } from "./header-rules.ts";

export type LambdaHeaders = Record<string, { key?: string; value: string }[]>;

/** Maximum size of a generated body at origin events: 1 MB (Lambda@Edge quotas). */
const GENERATED_MAX_BYTES = 1024 * 1024;

export function originRequestEvent(distribution: DistributionName, request: EdgeRequest, origin: Origin) {
  return {
    Records: [
      {
        cf: {
          config: {
            distributionDomainName: distribution.domainName,
            distributionId: distribution.id,
            eventType: "origin-request",
            requestId: request.id,
          },
          request: {
            clientIp: request.ip,
            headers: lambdaHeaders(request.fields),
            method: request.method,
            origin: lambdaOrigin(origin),
            querystring: request.query,
            uri: request.path,
          },
        },
      },
    ],
  };
}

/** The changed request with its origin, the response that the function generated, or the reason why it is invalid. */
export type OriginRequestResult =
  | { kind: "request"; request: EdgeRequest; origin: Origin }
  | { kind: "response"; status: number; reason: string | undefined; fields: Fields; body: Buffer }
  | { kind: "invalid"; reason: string };

/** Validates a function's result. The viewer gets a 502 (`LambdaValidationError`) for an `invalid` one. */
export function readOriginRequestResult(
  request: EdgeRequest,
  origin: Origin,
  result: unknown,
): OriginRequestResult {
  if (!isRecord(result)) return invalid(`the function returned ${result === null ? "null" : typeof result}`);
  return "status" in result ? readResponse(result) : readRequest(request, origin, result);
}

function readRequest(
  before: EdgeRequest,
  origin: Origin,
  result: Record<string, unknown>,
): OriginRequestResult {
  const { uri, querystring, method, headers } = result;
  if (typeof uri !== "string" || !uri.startsWith("/")) return invalid("uri does not begin with a slash");
  if (typeof querystring !== "string") return invalid("querystring is not a string");
  if (method !== before.method) return invalid("the method cannot be changed");
  if (result.body !== undefined) return invalid("the body is exposed only with IncludeBody");
  const fields = readHeaders(headers);
  if (typeof fields === "string") return invalid(fields);
  const rule = brokenHeaderRule("origin-request", exposed(before.fields), fields);
  if (rule !== undefined) return invalid(rule);
  const target = readOrigin(origin, result.origin);
  if (typeof target === "string") return invalid(target);
  for (const name of target.customHeaders.keys()) {
    if (fields[name] !== undefined)
      return invalid(`the header ${name} is in the request and in the origin's customHeaders`);
  }
  return { kind: "request", request: { ...before, path: uri, query: querystring, fields }, origin: target };
}

function readResponse(result: Record<string, unknown>): OriginRequestResult {
  const { status, statusDescription, headers = {}, body = "", bodyEncoding = "text" } = result;
  if (typeof status !== "string" || !/^[1-5]\d\d$/.test(status))
    return invalid(`status must be a string such as "200", not ${JSON.stringify(status)}`);
  if (statusDescription !== undefined && typeof statusDescription !== "string")
    return invalid("statusDescription is not a string");
  if (typeof body !== "string") return invalid("body is not a string");
  if (bodyEncoding !== "text" && bodyEncoding !== "base64")
    return invalid("bodyEncoding is neither text nor base64");
  const fields = readHeaders(headers);
  if (typeof fields === "string") return invalid(fields);
  const rule = brokenHeaderRule("origin-request", fields, fields);
  if (rule !== undefined) return invalid(rule);
  const bytes = Buffer.from(body, bodyEncoding === "base64" ? "base64" : "utf8");
  if (bytes.byteLength > GENERATED_MAX_BYTES)
    return invalid(
      `the generated body has ${bytes.byteLength} bytes; at most ${GENERATED_MAX_BYTES} are allowed`,
    );
  return { kind: "response", status: Number(status), reason: statusDescription, fields, body: bytes };
}

function exposed(fields: Fields): Fields {
  const seen = newFields();
  for (const name in fields) if (!isDisallowed(name)) seen[name] = fields[name]!;
  return seen;
}

function lambdaHeaders(fields: Fields): LambdaHeaders {
  // A header may be named "__proto__".
  const headers: LambdaHeaders = Object.create(null);
  for (const name in fields) {
    if (isDisallowed(name)) continue;
    const key = titleCase(name);
    headers[name] = fields[name]!.map((value) => ({ key, value }));
  }
  return headers;
}

const titles = new Map<string, string>();

/** `x-forwarded-for` → `X-Forwarded-For`. Cached, because the same few names recur. */
function titleCase(name: string): string {
  let title = titles.get(name);
  if (title === undefined) {
    title = name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
    if (titles.size < 1000) titles.set(name, title);
  }
  return title;
}

function lambdaOrigin(origin: Origin) {
  const customHeaders: LambdaHeaders = {};
  for (const [name, value] of origin.customHeaders) customHeaders[name] = [{ key: titleCase(name), value }];
  if (origin.kind === "s3") {
    const authMethod = origin.signed ? "origin-access-control" : "none";
    return {
      s3: {
        authMethod,
        customHeaders,
        domainName: origin.domainName,
        path: origin.path,
        region: origin.region,
      },
    };
  }
  return {
    custom: {
      customHeaders,
      domainName: origin.domainName,
      keepaliveTimeout: origin.keepaliveTimeoutSeconds,
      path: origin.path,
      port: origin.port,
      protocol: origin.protocol,
      readTimeout: origin.readTimeoutSeconds,
      sslProtocols: origin.sslProtocols,
    },
  };
}

/** Returns the fields of a headers object, or the reason why it is invalid. */
function readHeaders(headers: unknown): Fields | string {
  if (!isRecord(headers)) return "headers is not an object";
  const fields = newFields();
  for (const name in headers) {
    const lines = headers[name];
    if (!Array.isArray(lines)) return `headers["${name}"] is not a list`;
    for (const line of lines) {
      if (!isRecord(line) || typeof line.value !== "string")
        return `headers["${name}"] has a value that is not a string`;
      if (line.key !== undefined && String(line.key).toLowerCase() !== name)
        return `headers["${name}"] has the key ${JSON.stringify(line.key)}, which is a different name`;
    }
    if (lines.length > 0) fields[name] = lines.map((line) => line.value as string);
  }
  return fields;
}

/** Returns the origin in a function's result, or the reason why it is invalid. */
function readOrigin(before: Origin, result: unknown): Origin | string {
  if (result === undefined) return before;
  if (!isRecord(result) || !isRecord(result[before.kind]) || Object.keys(result).length !== 1)
    return `origin is not {"${before.kind}": …}; changing the kind of origin is not implemented by the local AWS`;
  const given = result[before.kind] as Record<string, unknown>;
  const headers = readHeaders(given.customHeaders ?? {});
  if (typeof headers === "string") return `origin: ${headers}`;
  const { domainName, path } = given;
  if (typeof domainName !== "string" || /[:/]/.test(domainName))
    return "origin.domainName is not a domain name";
  if (typeof path !== "string" || (path !== "" && !path.startsWith("/")))
    return "origin.path does not begin with a slash";
  const customHeaders = new Map(Object.entries(headers).map(([name, lines]) => [name, lines.join(", ")]));
  const common = { domainName, path, customHeaders };
  if (before.kind === "s3") {
    return domainName === before.domainName
      ? { ...before, ...common }
      : "changing the bucket is not implemented by the local AWS";
  }
  return readCustomOrigin({ ...before, ...common }, given);
}

function readCustomOrigin(origin: CustomOrigin, given: Record<string, unknown>): CustomOrigin | string {
  const { port, protocol, readTimeout, keepaliveTimeout } = given;
  if (
    !Number.isInteger(port) ||
    (port !== 80 && port !== 443 && ((port as number) < 1024 || (port as number) > 65_535))
  )
    return "origin.port is not 80, 443 or 1024 to 65535";
  if (protocol !== "http" && protocol !== "https") return "origin.protocol is neither http nor https";
  if (typeof readTimeout !== "number" || typeof keepaliveTimeout !== "number")
    return "a timeout of origin is not a number";
  return {
    ...origin,
    port: port as number,
    protocol,
    readTimeoutSeconds: readTimeout,
    keepaliveTimeoutSeconds: keepaliveTimeout,
  };
}

function invalid(reason: string): OriginRequestResult {
  return { kind: "invalid", reason };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
