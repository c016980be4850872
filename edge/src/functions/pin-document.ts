import cf from "cloudfront";
import type { FunctionEvent, FunctionRequest, FunctionResponse } from "../function-event.ts";
import { isDocument } from "../is-document.ts";
import { POINTER_CURRENT } from "../names.ts";
import { hasRightCookie, servePath, withoutPointer } from "./serve-path.ts";

const pointer = openPointer();

/**
 * Once per instance, as in AWS's own examples. An error outside the handler would be a 503 for everybody, before any guard. Each
 * function has its own copy: `import cf` must be the first line of what is deployed.
 */
function openPointer(): ReturnType<typeof cf.kvs> | undefined {
  try {
    return cf.kvs();
  } catch (_noStoreIsAssociated) {
    return undefined;
  }
}

/**
 * viewer-request on the default behaviour of an app at the root (`web.kind: "app"`), which admits GET and HEAD only. A page load gets the
 * app's page with one read of the pointer; everything else goes by the path table (serve-path.ts). Paths with a dot have a behaviour of
 * their own (`*.*`) with pin-page.ts: to look for the dot here would cost a page load 0.18 of an empty handler.
 *
 * The steps of a page load stand here, in the words that cost njs least: a call costs more than most of them, a template
 * three times what `+` does. What our own store holds is looked at for its shape only (docs/decisions/021). A build with files at paths
 * without a dot marks `current` (PLAIN_FILES_MARK), which fails the check of the shape.
 */
export async function handler(event: FunctionEvent): Promise<FunctionRequest | FunctionResponse> {
  const request = event.request;
  try {
    const headers = request.headers;
    const destination = headers["sec-fetch-dest"];
    if (destination && destination.value === "document") {
      const current = await pointer!.get(POINTER_CURRENT);
      if (current > "2" && current < "3") {
        // biome-ignore lint/style/useTemplate: a template costs njs three times as much
        request.uri = "/builds/" + current + "/index.html";
        // A 304 brings no stamp. So a page is answered in full unless the browser's cookie is what the stamp would make it.
        delete headers["if-modified-since"];
        if (headers["if-none-match"] && !hasRightCookie(request, current)) delete headers["if-none-match"];
        return request;
      }
    }
    return await servePath(request, pointer!);
  } catch (error) {
    return withoutPointer(isDocument(request), error);
  }
}
