import type { FunctionResponse, Values } from "./function-event.ts";
import { STATUS_MAX_BYTES } from "./names.ts";

/** How soon a page that met "nothing released yet" may ask again. */
const RETRY_AFTER_SECONDS = 5;

/** Nobody knows: nothing was released, or the pointer cannot be read. */
const UNKNOWN_STATUS = '{"r":0,"current":null,"floor":null,"ending":{}}';
/** What no status holds: it is made of names, version ids and numbers. */
const BEYOND_STATUS = /[^\w\-{}":,. ]/;

/**
 * `/.lockstep/status`: not pinned, not cached, no origin; what a page asks to hear of a new version. No CORS headers: it is
 * nobody else's business.
 *
 * @param status the pointer's ready-made body; what cannot be one is not passed on, and counts as unknown
 */
export function statusAnswer(method: string, status: string | undefined): FunctionResponse {
  if (method !== "GET" && method !== "HEAD") {
    return generated(405, "Method Not Allowed", "text/plain", "Ask with GET.\n", {
      allow: { value: "GET, HEAD" },
    });
  }
  const body = looksLikeStatus(status) ? status : UNKNOWN_STATUS;
  return generated(200, "OK", "application/json", method === "HEAD" ? "" : body, {});
}

/** By its length, its two ends and its characters; to parse it would cost every page's every check. */
function looksLikeStatus(status: string | undefined): status is string {
  return (
    typeof status === "string" &&
    status.length <= STATUS_MAX_BYTES &&
    status.startsWith('{"r":') &&
    status.endsWith("}") &&
    status.search(BEYOND_STATUS) === -1
  );
}

/** For a viewer who comes before the first release, or while the pointer cannot be read. */
export function nothingReleasedAnswer(isDocument: boolean): FunctionResponse {
  const extra = { "retry-after": { value: `${RETRY_AFTER_SECONDS}` } };
  if (!isDocument) {
    return generated(
      503,
      "Service Unavailable",
      "text/plain; charset=utf-8",
      "Nothing is released yet.\n",
      extra,
    );
  }
  const page =
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<meta http-equiv="refresh" content="${RETRY_AFTER_SECONDS}"><title>Nothing released yet</title>` +
    '<body style="font:1.1rem/1.5 system-ui;margin:15vh auto;max-width:32rem;padding:0 1rem">' +
    "<h1>Nothing released yet</h1><p>This site is ready, but no version of it has been released. " +
    "The page looks again by itself.</p></body></html>\n";
  return generated(503, "Service Unavailable", "text/html; charset=utf-8", page, extra);
}

/** A path that leads to no file of the build, and to no page. */
export function notFoundAnswer(method: string): FunctionResponse {
  const body = method === "HEAD" ? "" : "Not found.\n";
  return generated(404, "Not Found", "text/plain; charset=utf-8", body, {});
}

/**
 * To the path that the build has. The next build may have the other one, so no cache keeps the answer.
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
