import type { EdgeSettings } from "../edge-settings.ts";
import type { FunctionEvent, FunctionResponse } from "../function-event.ts";
import { stampCookie } from "../stamp-cookie.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect" | "windowSeconds">;
const settings = { protect: LOCKSTEP.protect, windowSeconds: LOCKSTEP.windowSeconds };

/** viewer-response on the default behaviour: turns a page's version into the cookie. CloudFront does not run it for >= 400. */
export function handler(event: FunctionEvent): FunctionResponse {
  try {
    return stampCookie(event.request, event.response, settings);
  } catch (_error) {
    // A page without its cookie is still a page; an exception would be a 503 for everybody.
    return event.response;
  }
}
