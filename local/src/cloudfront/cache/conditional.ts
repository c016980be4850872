import { type EdgeRequest, type EdgeResponse, type Fields, newFields } from "../exchange/exchange.ts";

/**
 * Applies the viewer's conditions and range to a 200: returns 304 if the viewer's copy is fresh, 206 for a range, 416
 * for a range that does not exist. Pure, except that it drains a stream that is not needed.
 */
export function applyConditions(request: EdgeRequest, response: EdgeResponse): EdgeResponse {
  if (response.status !== 200 || (request.method !== "GET" && request.method !== "HEAD")) return response;
  if (isNotModified(request.fields, response.fields)) return notModified(response);
  const range = request.fields.range?.[0];
  if (range === undefined || request.method !== "GET" || !(response.body instanceof Uint8Array))
    return response;
  const condition = request.fields["if-range"]?.[0];
  if (
    condition !== undefined &&
    condition !== response.fields.etag?.[0] &&
    condition !== response.fields["last-modified"]?.[0]
  )
    return response;
  return partOf(response, response.body, range);
}

function isNotModified(asked: Fields, fields: Fields): boolean {
  const tags = asked["if-none-match"];
  if (tags !== undefined) {
    const etag = fields.etag?.[0];
    if (etag === undefined) return false;
    return tags
      .join(",")
      .split(",")
      .some((tag) => tag.trim() === "*" || weak(tag) === weak(etag));
  }
  const since = Date.parse(asked["if-modified-since"]?.[0] ?? "");
  const modified = Date.parse(fields["last-modified"]?.[0] ?? "");
  return modified <= since; // false when either is missing
}

function weak(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}

/**
 * The fields of a 304 (RFC 9110, 15.4.5). AWS does not document whether CloudFront adds an object's `x-amz-meta-*`, so
 * a viewer-response function does not see them here.
 */
const WITH_NOT_MODIFIED = [
  "age",
  "cache-control",
  "content-location",
  "date",
  "etag",
  "expires",
  "last-modified",
  "server",
  "vary",
];

function notModified(response: EdgeResponse): EdgeResponse {
  const fields = newFields();
  for (const name of WITH_NOT_MODIFIED) {
    const lines = response.fields[name];
    if (lines !== undefined) fields[name] = lines;
  }
  // The stream is drained rather than destroyed, because the cache may be storing it.
  if (response.body !== undefined && !(response.body instanceof Uint8Array)) response.body.resume();
  return { ...response, status: 304, reason: undefined, fields, body: undefined };
}

/** Returns one range. A request for several ranges gets the whole body, as RFC 9110 allows. */
function partOf(response: EdgeResponse, body: Uint8Array, range: string): EdgeResponse {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range.trim());
  if (match === null || (match[1] === "" && match[2] === "")) return response;
  const size = body.byteLength;
  const first = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = match[1] === "" || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  const fields = newFields(response.fields);
  if (first > last || first >= size) {
    fields["content-range"] = [`bytes */${size}`];
    fields["content-length"] = ["0"];
    return {
      ...response,
      status: 416,
      reason: undefined,
      fields,
      body: new Uint8Array(),
      cacheResult: "Error",
    };
  }
  fields["content-range"] = [`bytes ${first}-${last}/${size}`];
  fields["content-length"] = [String(last - first + 1)];
  return { ...response, status: 206, reason: undefined, fields, body: body.subarray(first, last + 1) };
}
