import { normalizedEncoding } from "../cache/cache-key.ts";
import type { Behavior, Origin } from "../configuration/distribution.ts";
import { selectCookies, selectQuery } from "../configuration/selection.ts";
import { type EdgeRequest, type Fields, newFields } from "../exchange/exchange.ts";

/** Viewer headers that are always forwarded (Developer Guide, "HTTP request headers and CloudFront behavior"). */
const ALWAYS = [
  "cdn-loop",
  "content-length",
  "content-type",
  "transfer-encoding",
  "sec-websocket-key",
  "sec-websocket-version",
];
/**
 * Viewer headers with conditions and ranges. They are forwarded only if caching is disabled, because a cache stores
 * whole objects.
 */
const CONDITIONS = [
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
];
/** Headers that the edge sets itself, whatever the policies say. */
const SET_BY_EDGE = new Set([
  "accept-encoding",
  "cookie",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-real-ip",
  ...CONDITIONS,
]);

/**
 * Returns the request to the origin, before Lambda@Edge sees it. It contains the fields that the cache policy and the
 * origin request policy select, and the fields that CloudFront always adds. Pure.
 *
 * @param edgeHost name of the edge for `Via`
 */
export function originRequest(
  behavior: Behavior,
  origin: Origin,
  request: EdgeRequest,
  edgeHost: string,
): EdgeRequest {
  const { cache, forward } = behavior;
  const fields = selectedFields(behavior, request);
  fields.host = forwardsHost(behavior) ? request.fields.host! : [origin.domainName];
  if (fields["user-agent"] === undefined) fields["user-agent"] = ["Amazon CloudFront"];
  fields["x-forwarded-for"] = [[...(request.fields["x-forwarded-for"] ?? []), request.ip].join(", ")];
  fields.via = [...(request.fields.via ?? []), `${request.httpVersion} ${edgeHost} (CloudFront)`];
  const cookies = selectCookies(request.fields.cookie, cache.cookies, forward?.cookies);
  if (cookies !== "") fields.cookie = [cookies];
  for (const name of origin.customHeaders.keys()) delete fields[name];
  return { ...request, fields, query: selectQuery(request.query, cache.queries, forward?.queries) };
}

/** Whether the origin gets the viewer's `Host`. S3 behind an origin access control refuses it. */
function forwardsHost({ cache, forward }: Behavior): boolean {
  return cache.headers.has("host") || (forward?.headers.has("host") ?? false);
}

function selectedFields({ cache, forward }: Behavior, request: EdgeRequest): Fields {
  const from = request.fields;
  const fields = newFields();
  for (const name in from) {
    if (!SET_BY_EDGE.has(name) && (cache.headers.has(name) || forward?.headers.has(name)))
      fields[name] = from[name]!;
  }
  for (const name of ALWAYS) if (from[name] !== undefined) fields[name] = from[name];
  if (cache.maxSeconds === 0) {
    for (const name of CONDITIONS) if (from[name] !== undefined) fields[name] = from[name];
  }
  // GET and HEAD requests omit `Authorization`, because their responses are cached and shared by viewers.
  const reads = request.method === "GET" || request.method === "HEAD";
  if (!reads && from.authorization !== undefined) fields.authorization = from.authorization;
  addEncoding({ cache, forward }, request, fields);
  addCloudFrontFields(forward?.headers.names ?? [], request, fields);
  return fields;
}

function addEncoding(
  { cache, forward }: Pick<Behavior, "cache" | "forward">,
  request: EdgeRequest,
  fields: Fields,
): void {
  const raw = request.fields["accept-encoding"];
  if (cache.gzip || cache.brotli) {
    const encoding = normalizedEncoding(cache, request);
    if (encoding !== undefined) fields["accept-encoding"] = [encoding];
  } else if (
    raw !== undefined &&
    (cache.headers.has("accept-encoding") || forward?.headers.has("accept-encoding"))
  ) {
    fields["accept-encoding"] = raw;
  }
}

function addCloudFrontFields(names: readonly string[], request: EdgeRequest, fields: Fields): void {
  for (const name of names) {
    if (name === "cloudfront-forwarded-proto") fields[name] = ["https"];
    if (name === "cloudfront-viewer-address") fields[name] = [`${request.ip}:0`];
    if (name === "cloudfront-viewer-http-version") fields[name] = [request.httpVersion];
  }
}
