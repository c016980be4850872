import type { FunctionEvent, FunctionRequest, FunctionResponse } from "../function-event.ts";
import { isDocument } from "../is-document.ts";
import { POINTER_CURRENT } from "../names.ts";
import { pointer } from "./pointer.ts";
import { hasRightCookie, servePath, withoutPointer } from "./serve-path.ts";

/**
 * viewer-request on the default behavior of an app at the root (`web.kind: "app"`), which admits only GET and HEAD. A
 * page load gets the app's page with one read of the pointer; any other request goes to the path table (serve-path.ts).
 * Paths with a dot have a separate behavior (`*.*`) with pin-page.ts: checking for the dot here would add 18 % of the
 * cost of an empty handler to every page load.
 *
 * The steps of a page load are written out here, in the form that is cheapest in njs: a call costs more than most of
 * them, and a template costs three times as much as `+`. Only the shape of the pointer's value is checked, because the
 * store is ours (docs/decisions/021). If the build has files at paths without a dot, `current` begins with
 * PLAIN_FILES_MARK and fails that check.
 */
export async function handler(event: FunctionEvent): Promise<FunctionRequest | FunctionResponse> {
  const request = event.request;
  try {
    const headers = request.headers;
    const destination = headers["sec-fetch-dest"];
    if (destination && destination.value === "document") {
      const current = await pointer!.get(POINTER_CURRENT);
      if (current > "2" && current < "3") {
        // biome-ignore lint/style/useTemplate: a template costs three times as much in njs
        request.uri = "/builds/" + current + "/index.html";
        // Same effect as refreshUnlessPinned().
        delete headers["if-modified-since"];
        if (headers["if-none-match"] && !hasRightCookie(request, current)) delete headers["if-none-match"];
        return request;
      }
    }
    return await servePath(request);
  } catch (error) {
    return withoutPointer(isDocument(request), error);
  }
}
