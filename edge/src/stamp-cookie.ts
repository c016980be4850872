import { firstVersionId } from "./choose-pin.ts";
import type { FunctionRequest, FunctionResponse } from "./function-event.ts";
import { isPageLoad, isPrefetch } from "./is-document.ts";
import { STAMP_HEADER, VERSION_COOKIE } from "./names.ts";
import { VERSION_ID_LENGTH } from "./version-id.ts";

/** The attributes of the cookie; 0 seconds expire it. */
export function cookieAttributes(maxAgeSeconds: number): string {
  return `Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`;
}

/**
 * Gives the browser the cookie of the page that it is about to show. The version comes from the HTML object's own metadata,
 * so HTML and cookie cannot disagree; the metadata never reaches the viewer. Changes `response`.
 *
 * The metadata is ours and is looked at for its shape only (docs/decisions/021). `isPageLoad` stands here in its parts: a
 * call costs njs as much as ten comparisons.
 *
 * @param attributes `cookieAttributes` of the window
 */
export function stampCookie(request: FunctionRequest, response: FunctionResponse, attributes: string): void {
  const headers = response.headers;
  const stamp = headers ? headers[STAMP_HEADER] : undefined;
  if (headers && stamp) delete headers[STAMP_HEADER];
  const status = response.statusCode;
  if (status !== 200 && status !== 304) return;
  const asked = request.headers;
  const destination = asked["sec-fetch-dest"];
  if (destination) {
    if (destination.value !== "document") {
      if (!isPageLoad(request)) return;
    } else if ((asked["sec-purpose"] || asked.purpose) && isPrefetch(asked)) return;
  } else if (!isPageLoad(request)) return;
  if (!stamp) {
    if (status === 304) renewCookie(request, response, attributes);
    return;
  }
  const id = stamp.value;
  if (id.length !== VERSION_ID_LENGTH || id < "1") return;
  const cookies = response.cookies;
  if (cookies) cookies[VERSION_COOKIE] = { value: id, attributes: attributes };
  else setCookie(response, id, attributes);
}

/**
 * `pin` lets a document be conditional only when its cookie is current, so a 304 renews exactly that cookie: without it, a
 * page reloaded late in the window would lose its pin while it is open.
 */
function renewCookie(request: FunctionRequest, response: FunctionResponse, attributes: string): void {
  const cookie = request.cookies[VERSION_COOKIE];
  const id = cookie ? firstVersionId(cookie) : undefined;
  if (id !== undefined) setCookie(response, id, attributes);
}

/**
 * With protection off: the metadata still goes, and a cookie of the time when it was on expires. Changes `response`.
 */
export function expireCookie(request: FunctionRequest, response: FunctionResponse): void {
  if (response.headers) delete response.headers[STAMP_HEADER];
  const status = response.statusCode;
  if ((status === 200 || status === 304) && request.cookies[VERSION_COOKIE] && isPageLoad(request))
    setCookie(response, "", cookieAttributes(0));
}

function setCookie(response: FunctionResponse, value: string, attributes: string): void {
  if (!response.cookies) response.cookies = {};
  response.cookies[VERSION_COOKIE] = { value: value, attributes: attributes };
}
