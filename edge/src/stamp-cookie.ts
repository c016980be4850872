import { firstVersionId } from "./choose-pin.ts";
import type { EdgeSettings } from "./edge-settings.ts";
import type { FunctionRequest, FunctionResponse } from "./function-event.ts";
import { isPageLoad } from "./is-document.ts";
import { STAMP_HEADER, VERSION_COOKIE } from "./names.ts";
import { isVersionId } from "./version-id.ts";

/**
 * Gives the browser the cookie of the page that it is about to show. The version comes from the HTML object's own metadata,
 * so HTML and cookie cannot disagree; the metadata never reaches the viewer.
 */
export function stampCookie(
  request: FunctionRequest,
  response: FunctionResponse,
  settings: Pick<EdgeSettings, "protect" | "windowSeconds">,
): FunctionResponse {
  const headers = response.headers;
  const stamp = headers ? headers[STAMP_HEADER] : undefined;
  if (headers && stamp) delete headers[STAMP_HEADER];
  const status = response.statusCode;
  if ((status !== 200 && status !== 304) || !isPageLoad(request)) return response;
  if (!settings.protect) {
    if (request.cookies[VERSION_COOKIE]) setCookie(response, "", 0);
    return response;
  }
  let id: string | undefined = stamp && isVersionId(stamp.value) ? stamp.value : undefined;
  // `pin` lets a document be conditional only when its cookie is current, so a 304 renews exactly that cookie: without it,
  // a page reloaded late in the window would lose its pin while it is open.
  if (id === undefined && status === 304) id = firstVersionId(request.cookies[VERSION_COOKIE]);
  if (id !== undefined) setCookie(response, id, settings.windowSeconds);
  return response;
}

function setCookie(response: FunctionResponse, value: string, maxAgeSeconds: number): void {
  if (!response.cookies) response.cookies = {};
  response.cookies[VERSION_COOKIE] = {
    value: value,
    attributes: `Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`,
  };
}
