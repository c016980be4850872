import type { EdgeSettings } from "../edge-settings.ts";
import type { FunctionEvent, FunctionResponse } from "../function-event.ts";
import { isPageLoad, isPrefetch } from "../is-document.ts";
import { logSometimes } from "../log-sometimes.ts";
import { STAMP_HEADER, STATUS_HEADER, VERSION_COOKIE } from "../names.ts";
import { cookieAttributes, expireCookie, notFound, renewCookie, setCookie } from "../stamp-cookie.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect" | "windowSeconds">;
const protect = LOCKSTEP.protect;
const attributes = cookieAttributes(LOCKSTEP.windowSeconds);

/**
 * viewer-response on the default behaviour: gives the browser the cookie of the page that it is about to show. CloudFront does
 * not run it for >= 400. The version comes from the HTML object's own metadata, so HTML and cookie cannot disagree; the
 * metadata never reaches the viewer, whatever the answer is.
 *
 * The steps of a page stand here, and `isPageLoad` in its parts: a call costs njs as much as ten comparisons. The metadata is
 * ours and is looked at for its shape only (docs/decisions/021). Async although it awaits nothing: njs awaits a promise for
 * less than it awaits a plain answer.
 */
export async function handler(event: FunctionEvent): Promise<FunctionResponse> {
  const response = event.response;
  try {
    const request = event.request;
    if (!protect) {
      expireCookie(request, response);
      return response;
    }
    // Every answer that comes from an origin has headers; only a type that also stands for generated ones says otherwise.
    const headers = response.headers!;
    const stamp = headers[STAMP_HEADER];
    if (stamp) delete headers[STAMP_HEADER];
    else if (headers[STATUS_HEADER]) return notFound(response);
    const status = response.statusCode;
    if (status !== 200 && status !== 304) return response;
    const asked = request.headers;
    const destination = asked["sec-fetch-dest"];
    if (destination && destination.value === "document") {
      if ((asked["sec-purpose"] || asked.purpose) && isPrefetch(asked)) return response;
    } else if (!isPageLoad(request)) return response;
    if (!stamp) {
      if (status === 304) renewCookie(request, response, attributes);
      return response;
    }
    const id = stamp.value;
    if (id > "2" && id < "3") {
      const cookies = response.cookies;
      if (cookies) cookies[VERSION_COOKIE] = { value: id, attributes: attributes };
      else setCookie(response, id, attributes);
    }
  } catch (error) {
    // A page without its cookie is still a page; an exception would be a 503 for everybody.
    logSometimes("stamp", error);
  }
  return response;
}
