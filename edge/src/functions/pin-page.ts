import cf from "cloudfront";
import type { FunctionEvent, FunctionRequest, FunctionResponse } from "../function-event.ts";
import { isDocument } from "../is-document.ts";
import { servePath, withoutPointer } from "./serve-path.ts";

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
 * viewer-request where every path goes by the path table: on the paths with a dot of an app (`*.*`), and on the default behaviour of a
 * site with a page for each path (`web.kind: "pages"`) or of an app that does not begin at the root (`web.base`).
 */
export async function handler(event: FunctionEvent): Promise<FunctionRequest | FunctionResponse> {
  const request = event.request;
  try {
    return await servePath(request, pointer!);
  } catch (error) {
    return withoutPointer(isDocument(request), error);
  }
}
