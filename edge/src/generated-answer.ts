import type { FunctionResponse, Values } from "./function-event.ts";
import { STATUS_MAX_BYTES } from "./names.ts";

/** Seconds after which a client that got "nothing released yet" may retry. */
const RETRY_AFTER_SECONDS = 5;

/** The status when nothing is released, or the pointer cannot be read. */
const UNKNOWN_STATUS = '{"r":0,"current":null,"floor":null,"ending":{}}';
/** Matches characters that a status never contains. A status consists of names, version ids and numbers. */
const NOT_IN_STATUS = /[^\w\-{}":,. ]/;

/**
 * Answers `/.lockstep/status`, which a page requests to find out about a new version. The response is never pinned or
 * cached, and needs no origin. It has no CORS headers, because other sites do not need it.
 *
 * @param status the body from the pointer; a value that does not look like a status is replaced with the unknown status
 */
export function statusAnswer(method: string, status: string | undefined): FunctionResponse {
  if (method !== "GET" && method !== "HEAD") {
    const allow = { value: "GET, HEAD" };
    return generated(405, "Method Not Allowed", "text/plain", "Use GET.\n", { allow: allow });
  }
  const body = looksLikeStatus(status) ? status : UNKNOWN_STATUS;
  return generated(200, "OK", "application/json", method === "HEAD" ? "" : body, {});
}

/** Checks length, both ends and characters. Parsing the status would make every page's status check more expensive. */
function looksLikeStatus(status: string | undefined): status is string {
  return (
    typeof status === "string" &&
    status.length <= STATUS_MAX_BYTES &&
    status.startsWith('{"r":') &&
    status.endsWith("}") &&
    status.search(NOT_IN_STATUS) === -1
  );
}

/** Answers a viewer before the first release, or while the pointer cannot be read. */
export function nothingReleasedAnswer(isDocument: boolean): FunctionResponse {
  const extra = { "retry-after": { value: `${RETRY_AFTER_SECONDS}` } };
  if (!isDocument) {
    const text = "Nothing is released yet.\n";
    return generated(503, "Service Unavailable", "text/plain; charset=utf-8", text, extra);
  }
  const page =
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<meta http-equiv="refresh" content="${RETRY_AFTER_SECONDS}"><title>Nothing released yet</title>` +
    '<body style="font:1.1rem/1.5 system-ui;margin:15vh auto;max-width:32rem;padding:0 1rem">' +
    "<h1>Nothing released yet</h1><p>This site is ready, but no version of it has been released. " +
    "The page reloads automatically.</p></body></html>\n";
  return generated(503, "Service Unavailable", "text/html; charset=utf-8", page, extra);
}

/** Answers a path that names neither a file of the build nor a page. */
export function notFoundAnswer(method: string): FunctionResponse {
  const body = method === "HEAD" ? "" : "Not found.\n";
  return generated(404, "Not Found", "text/plain; charset=utf-8", body, {});
}

/**
 * Redirects to the path that exists in the build. The next build may have the other path, so the response is not
 * cached.
 *
 * @param path begins with one slash
 */
export function redirectAnswer(path: string, query: string): FunctionResponse {
  const location = query === "" ? path : `${path}?${query}`;
  return generated(302, "Found", "text/plain; charset=utf-8", "", { location: { value: location } });
}

function generated(
  statusCode: number,
  statusDescription: string,
  type: string,
  body: string,
  headers: Values,
): FunctionResponse {
  headers["content-type"] = { value: type };
  headers["cache-control"] = { value: "no-store" };
  headers["x-content-type-options"] = { value: "nosniff" };
  return { statusCode: statusCode, statusDescription: statusDescription, headers: headers, body: body };
}
