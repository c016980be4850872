import { firstVersionId } from "./choose-pin.ts";
import type { FunctionRequest, FunctionResponse } from "./function-event.ts";
import { isPageLoad } from "./is-document.ts";
import { STAMP_HEADER, STATUS_HEADER, VERSION_COOKIE } from "./names.ts";

/** The attributes of the cookie; 0 seconds expire it. */
export function cookieAttributes(maxAgeSeconds: number): string {
  return `Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`;
}

/** Changes `response`, which may come without cookies. */
export function setCookie(response: FunctionResponse, value: string, attributes: string): void {
  if (!response.cookies) response.cookies = {};
  response.cookies[VERSION_COOKIE] = { value: value, attributes: attributes };
}

/**
 * `pin` lets a document be conditional only when its cookie is current, so a 304 renews exactly that cookie: without it, a
 * page reloaded late in the window would lose its pin while it is open. Changes `response`.
 */
export function renewCookie(request: FunctionRequest, response: FunctionResponse, attributes: string): void {
  const cookie = request.cookies[VERSION_COOKIE];
  const id = cookie ? firstVersionId(cookie) : undefined;
  if (id !== undefined) setCookie(response, id, attributes);
}

/**
 * The page of a build for what it does not have: its object is a 200 to CloudFront, and a 404 to viewers. It carries no version, so it
 * never moves the cookie, and a page load pays nothing for it.
 * A viewer-response function may change the status ("CloudFront Functions event structure", Status code and body). Changes `response`.
 */
export function notFound(response: FunctionResponse): FunctionResponse {
  const headers = response.headers!;
  const status = headers[STATUS_HEADER];
  delete headers[STATUS_HEADER];
  if (status && status.value === "404" && response.statusCode === 200) {
    response.statusCode = 404;
    response.statusDescription = "Not Found";
  }
  return response;
}

/**
 * With protection off: the metadata still goes, and a cookie of the time when it was on expires. Changes `response`.
 */
export function expireCookie(request: FunctionRequest, response: FunctionResponse): void {
  const headers = response.headers;
  if (headers) {
    if (headers[STATUS_HEADER]) {
      notFound(response);
      return;
    }
    delete headers[STAMP_HEADER];
  }
  const status = response.statusCode;
  if ((status === 200 || status === 304) && request.cookies[VERSION_COOKIE] && isPageLoad(request))
    setCookie(response, "", cookieAttributes(0));
}
