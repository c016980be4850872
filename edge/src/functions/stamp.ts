import type { EdgeSettings } from "../edge-settings.ts";
import type { FunctionEvent, FunctionRequest, FunctionResponse } from "../function-event.ts";
import { isPageLoad, isPrefetch } from "../is-document.ts";
import { logSometimes } from "../log-sometimes.ts";
import { STAMP_HEADER, STATUS_HEADER, VERSION_COOKIE } from "../names.ts";
import { firstVersionId } from "../version-id.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect" | "windowSeconds">;
const protect = LOCKSTEP.protect;
const attributes = cookieAttributes(LOCKSTEP.windowSeconds);

/**
 * viewer-response on the default behavior: sets the cookie to the version of the page that the browser is about to
 * show. CloudFront does not run it for >= 400. The version comes from the metadata of the HTML object itself, so HTML
 * and cookie cannot disagree. The metadata never reaches the viewer.
 *
 * The steps of a page are written out here, `isPageLoad` included: in njs a call costs as much as ten comparisons. Only
 * the shape of the metadata is checked, because we wrote it (docs/decisions/021). The function is async although it
 * awaits nothing, because njs awaits a promise more cheaply than a plain value.
 */
export async function handler(event: FunctionEvent): Promise<FunctionResponse> {
  const response = event.response;
  try {
    const request = event.request;
    if (!protect) {
      expireCookie(request, response);
      return response;
    }
    // Every response of an origin has headers. They are optional in the type, because generated responses may have
    // none.
    const headers = response.headers!;
    const stamp = headers[STAMP_HEADER];
    if (stamp) delete headers[STAMP_HEADER];
    else if (headers[STATUS_HEADER]) return applyStatus(response);
    const status = response.statusCode;
    if (status !== 200 && status !== 304) return response;
    const asked = request.headers;
    const destination = asked["sec-fetch-dest"];
    if (destination && destination.value === "document") {
      if ((asked["sec-purpose"] || asked.purpose) && isPrefetch(asked)) return response;
    } else if (!isPageLoad(request)) return response;
    if (!stamp) {
      if (status === 304) renewCookie(request, response);
      return response;
    }
    const id = stamp.value;
    if (id > "2" && id < "3") {
      const cookies = response.cookies;
      if (cookies) cookies[VERSION_COOKIE] = { value: id, attributes: attributes };
      else setCookie(response, id, LOCKSTEP.windowSeconds);
    }
  } catch (error) {
    // A page without its cookie still works, but an exception would cause a 503 for every viewer.
    logSometimes("stamp", error);
  }
  return response;
}

/** @param maxAgeSeconds 0 expires the cookie */
function cookieAttributes(maxAgeSeconds: number): string {
  return `Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`;
}

function setCookie(response: FunctionResponse, value: string, maxAgeSeconds: number): void {
  if (!response.cookies) response.cookies = {};
  response.cookies[VERSION_COOKIE] = { value: value, attributes: cookieAttributes(maxAgeSeconds) };
}

/**
 * Renews the cookie on a 304. `pin` lets a page request be conditional only when its cookie names current, so the
 * cookie that is renewed is the right one. Otherwise a page that is reloaded late in the window would lose its pin
 * while it is open.
 */
function renewCookie(request: FunctionRequest, response: FunctionResponse): void {
  const cookie = request.cookies[VERSION_COOKIE];
  const id = cookie ? firstVersionId(cookie) : undefined;
  if (id !== undefined) setCookie(response, id, LOCKSTEP.windowSeconds);
}

/**
 * Gives the build's own page for missing paths its status: S3 serves the object with 200, and viewers get 404. The
 * object has no version in its metadata, so it never changes the cookie. A viewer-response function may change the
 * status ("CloudFront Functions event structure").
 */
function applyStatus(response: FunctionResponse): FunctionResponse {
  const headers = response.headers!;
  const status = headers[STATUS_HEADER];
  delete headers[STATUS_HEADER];
  if (status && status.value === "404" && response.statusCode === 200) {
    response.statusCode = 404;
    response.statusDescription = "Not Found";
  }
  return response;
}

/** Used while protection is off. Removes the metadata, and expires a cookie that was set while protection was on. */
function expireCookie(request: FunctionRequest, response: FunctionResponse): void {
  const headers = response.headers;
  if (headers) {
    if (headers[STATUS_HEADER]) {
      applyStatus(response);
      return;
    }
    delete headers[STAMP_HEADER];
  }
  const status = response.statusCode;
  if ((status === 200 || status === 304) && request.cookies[VERSION_COOKIE] && isPageLoad(request))
    setCookie(response, "", 0);
}
