import type { FunctionEvent, FunctionRequest, FunctionResponse } from "../function-event.ts";
import { isDocument } from "../is-document.ts";
import { servePath, withoutPointer } from "./serve-path.ts";

/**
 * viewer-request where every request goes to the path table: on the paths with a dot of an app (`*.*`), and on the
 * default behaviour of a site with a page for each path (`web.kind: "pages"`) or of an app below the root (`web.base`).
 */
export async function handler(event: FunctionEvent): Promise<FunctionRequest | FunctionResponse> {
  const request = event.request;
  try {
    return await servePath(request);
  } catch (error) {
    return withoutPointer(isDocument(request), error);
  }
}
