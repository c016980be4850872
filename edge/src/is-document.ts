import type { FunctionRequest, Value, Values } from "./function-event.ts";

/**
 * Whether a request asks for a page, in a tab or in a frame: it gets the current version's HTML, whatever its path.
 *
 * `Sec-Fetch-Dest` says so. Browsers without it (Safari before 16.4, plain HTTP) are told by `Accept: text/html` and a
 * path without extension; a build's `index.html` counts too, so that nobody loads an old build's page by its own path.
 */
export function isDocument(request: FunctionRequest): boolean {
  const destination = request.headers["sec-fetch-dest"];
  if (!destination) return asksForHtml(request);
  const value = destination.value;
  return value === "document" || value === "iframe" || value === "frame" || isPassedOn(request.headers);
}

/**
 * Whether a request loads a page into a tab, now: the only kind whose answer may move the cookie. A frame belongs to another
 * page, and a prefetched page may never be shown.
 */
export function isPageLoad(request: FunctionRequest): boolean {
  const headers = request.headers;
  const destination = headers["sec-fetch-dest"];
  if (destination ? destination.value !== "document" && !isPassedOn(headers) : !asksForHtml(request))
    return false;
  // Firefox sent X-Moz before it sent Sec-Fetch-Dest.
  return !isPrefetch(headers) && (destination !== undefined || !mentions(headers["x-moz"], "prefetch"));
}

/**
 * A service worker that passes a page load on (`fetch(event.request)`): it keeps `Sec-Fetch-Mode: navigate` and loses its
 * destination. Nothing else sends that pair: a script cannot ask for the mode.
 */
function isPassedOn(headers: Values): boolean {
  const mode = headers["sec-fetch-mode"];
  const destination = headers["sec-fetch-dest"];
  return (
    mode !== undefined &&
    mode.value === "navigate" &&
    destination !== undefined &&
    destination.value === "empty"
  );
}

function asksForHtml(request: FunctionRequest): boolean {
  const accept = request.headers.accept;
  if (!accept || !mentions(accept, "text/html")) return false;
  const file = request.uri.slice(request.uri.lastIndexOf("/") + 1);
  return file.indexOf(".") === -1 || file === "index.html";
}

/** `Sec-Purpose: prefetch;prerender` and the older `Purpose`. */
export function isPrefetch(headers: Values): boolean {
  return mentions(headers["sec-purpose"], "prefetch") || mentions(headers.purpose, "prefetch");
}

function mentions(entry: Value | undefined, word: string): boolean {
  if (!entry) return false;
  const all = entry.multiValue;
  if (!all) return entry.value.toLowerCase().indexOf(word) !== -1;
  for (let i = 0; i < all.length; i++) {
    const one = all[i];
    if (one && one.value.toLowerCase().indexOf(word) !== -1) return true;
  }
  return false;
}
