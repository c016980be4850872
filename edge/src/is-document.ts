import type { FunctionRequest, Value, Values } from "./function-event.ts";

/**
 * Whether a request explicitly asks for a page, in a tab or in a frame: by `Sec-Fetch-Dest`, or by `Accept: text/html`
 * when the browser does not send that header (Safari before 16.4, plain HTTP).
 */
export function isDocument(request: FunctionRequest): boolean {
  const headers = request.headers;
  const destination = headers["sec-fetch-dest"];
  if (!destination) return mentions(headers.accept, "text/html");
  const value = destination.value;
  return value === "document" || value === "iframe" || value === "frame" || isForwarded(headers);
}

/**
 * Extensions of files that a page links or loads. A missing path with such an extension is a missing file, not a page.
 */
const KNOWN_FILE =
  /\.(?:m?js|css|map|json|xml|txt|pdf|(?:doc|xls|ppt)x?|zip|gz|tar|7z|exe|dmg|apk|csv|png|jpe?g|gif|svg|webp|avif|bmp|ico|woff2?|ttf|otf|eot|mp[34]|m4[av]|mov|og[gv]|wav|webm|wasm|webmanifest)$/i;

/**
 * Whether a request without a stated destination may ask for a page. Crawlers, link checkers and previews accept
 * anything, or send no `Accept`. An old browser does the same for a script or an image, so the path must not have the
 * extension of such a file.
 */
export function mayBeDocument(request: FunctionRequest): boolean {
  const headers = request.headers;
  if (headers["sec-fetch-dest"]) return false;
  return (!headers.accept || mentions(headers.accept, "*/*")) && request.uri.search(KNOWN_FILE) === -1;
}

/**
 * Whether a request loads a page into a tab now. Only the response to such a request may change the cookie: a frame
 * belongs to another page, and a prefetched page may never be shown.
 */
export function isPageLoad(request: FunctionRequest): boolean {
  const headers = request.headers;
  const destination = headers["sec-fetch-dest"];
  if (
    destination
      ? destination.value !== "document" && !isForwarded(headers)
      : !mentions(headers.accept, "text/html")
  )
    return false;
  // Firefox versions without Sec-Fetch-Dest send X-Moz.
  return !isPrefetch(headers) && (destination !== undefined || !mentions(headers["x-moz"], "prefetch"));
}

/**
 * Whether a service worker forwards a page load (`fetch(event.request)`), which keeps `Sec-Fetch-Mode: navigate` but
 * loses its destination. No other request has this pair, because a script cannot set the mode.
 */
function isForwarded(headers: Values): boolean {
  const mode = headers["sec-fetch-mode"];
  const destination = headers["sec-fetch-dest"];
  return (
    mode !== undefined &&
    mode.value === "navigate" &&
    destination !== undefined &&
    destination.value === "empty"
  );
}

/** Whether a request accepts HTML. Routers that replace only the body of a page send such requests. */
export function acceptsHtml(request: FunctionRequest): boolean {
  return mentions(request.headers.accept, "text/html");
}

/** Whether a page is fetched in advance: `Sec-Purpose: prefetch;prerender`, or the older `Purpose`. */
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
