import type { EdgeSettings } from "../edge-settings.ts";
import type { FunctionEvent, FunctionResponse } from "../function-event.ts";
import { logSometimes } from "../log-sometimes.ts";
import { cookieAttributes, expireCookie, stampCookie } from "../stamp-cookie.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect" | "windowSeconds">;
const settings = { protect: LOCKSTEP.protect, windowSeconds: LOCKSTEP.windowSeconds };
const stamp = settings.protect ? stampCookie : expireCookie;
const attributes = cookieAttributes(settings.windowSeconds);

/**
 * viewer-response on the default behaviour: turns a page's version into the cookie. CloudFront does not run it for >= 400.
 * Async although it awaits nothing: njs awaits a promise for less than it awaits a plain answer.
 */
export async function handler(event: FunctionEvent): Promise<FunctionResponse> {
  try {
    stamp(event.request, event.response, attributes);
  } catch (error) {
    // A page without its cookie is still a page; an exception would be a 503 for everybody.
    logSometimes("stamp", error);
  }
  return event.response;
}
