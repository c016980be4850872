import type { FunctionEvent, FunctionRequest, FunctionResponse } from "../function-event.ts";
import { isDocument } from "../is-document.ts";
import { servePath, withoutPointer } from "./serve-path.ts";

/**
 * viewer-request that answers every request from the path table. It runs on the behavior `*.*` (paths with a dot) of an
 * app at the root, and on the default behavior of a site with a page for each path (`web.kind: "pages"`) and of an app
 * below the root (`web.base`).
 */
export async function handler(event: FunctionEvent): Promise<FunctionRequest | FunctionResponse> {
  const request = event.request;
  try {
    return await servePath(request);
  } catch (error) {
    return withoutPointer(isDocument(request), error);
  }
}
