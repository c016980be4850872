import type { FunctionRequest, Value, Values } from "./function-event.ts";

/**
 * Whether a request says that it asks for a page, in a tab or in a frame: by `Sec-Fetch-Dest`, or, for browsers without it (Safari
 * before 16.4, plain HTTP), by `Accept: text/html`.
 */
export function isDocument(request: FunctionRequest): boolean {
  const headers = request.headers;
  const destination = headers["sec-fetch-dest"];
  if (!destination) return mentions(headers.accept, "text/html");
  const value = destination.value;
  return value === "document" || value === "iframe" || value === "frame" || isPassedOn(headers);
}

/** File types that a page links or loads. If a path has such an ending and the build does not have it, the file is missing. */
const KNOWN_FILE =
  /\.(?:m?js|css|map|json|xml|txt|pdf|(?:doc|xls|ppt)x?|zip|gz|tar|7z|exe|dmg|apk|csv|png|jpe?g|gif|svg|webp|avif|bmp|ico|woff2?|ttf|otf|eot|mp[34]|m4[av]|mov|og[gv]|wav|webm|wasm|webmanifest)$/i;

/**
 * Whether a request that does not say what it wants may ask for a page: crawlers, link checkers and previews accept anything, or send no
 * `Accept` at all. So does an old browser for a script or an image, so the path must not end like the name of such a file.
 */
export function mayBeDocument(request: FunctionRequest): boolean {
  const headers = request.headers;
  if (headers["sec-fetch-dest"]) return false;
  return (!headers.accept || mentions(headers.accept, "*/*")) && request.uri.search(KNOWN_FILE) === -1;
}

/**
 * Whether a request loads a page into a tab, now: the only kind whose answer may move the cookie. A frame belongs to another
 * page, and a prefetched page may never be shown.
 */
export function isPageLoad(request: FunctionRequest): boolean {
  const headers = request.headers;
  const destination = headers["sec-fetch-dest"];
  if (
    destination
      ? destination.value !== "document" && !isPassedOn(headers)
      : !mentions(headers.accept, "text/html")
  )
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

/** Whether a script asks for HTML (a router that swaps the body of a page). */
export function acceptsHtml(request: FunctionRequest): boolean {
  return mentions(request.headers.accept, "text/html");
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
