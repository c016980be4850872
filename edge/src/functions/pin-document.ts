import cf from "cloudfront";
import { firstVersionId } from "../choose-pin.ts";
import type { EdgeSettings } from "../edge-settings.ts";
import type { FunctionEvent, FunctionRequest, FunctionResponse } from "../function-event.ts";
import { nothingReleasedAnswer, statusAnswer } from "../generated-answer.ts";
import { isDocument } from "../is-document.ts";
import { POINTER_CURRENT, POINTER_STATUS, STATUS_PATH, VERSION_COOKIE } from "../names.ts";
import { normalisePath } from "../normalise-path.ts";
import { isBuildFile, rewritePath } from "../rewrite-document.ts";
import { isVersionId } from "../version-id.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect">;
const settings = { protect: LOCKSTEP.protect };

/**
 * viewer-request on the default behaviour: sends documents and public files to the current version's folder, and answers
 * `/.lockstep/status`. One read of the pointer for a document, none for a file that names its build.
 */
export async function handler(event: FunctionEvent): Promise<FunctionRequest | FunctionResponse> {
  try {
    const request = event.request;
    const method = request.method;
    if (request.uri === STATUS_PATH) {
      const status = await readKey(POINTER_STATUS);
      return statusAnswer(method, status);
    }
    if (method !== "GET" && method !== "HEAD") return request;
    const path = normalisePath(request.uri);
    const document = isDocument(request);
    if (!document && isBuildFile(path)) {
      request.uri = path;
      return request;
    }
    const current = await readCurrent();
    if (current === undefined) return nothingReleasedAnswer(document);
    request.uri = rewritePath(path, document, current);
    if (document) askUnconditionally(request, current);
    return request;
  } catch (_error) {
    // The path was not rewritten: S3 holds nothing there and says so, which is better than a 503 for everybody.
    return event.request;
  }
}

/** A damaged value is as good as none. */
async function readCurrent(): Promise<string | undefined> {
  const value = await readKey(POINTER_CURRENT);
  return isVersionId(value) ? value : undefined;
}

/** A missing key throws. */
async function readKey(key: string): Promise<string | undefined> {
  try {
    return await cf.kvs().get(key);
  } catch (_missing) {
    return undefined;
  }
}

/** A 304 brings no stamp. So a page is answered in full unless the browser's cookie is what the stamp would make it. */
function askUnconditionally(request: FunctionRequest, current: string): void {
  const cookie = request.cookies[VERSION_COOKIE];
  if (settings.protect ? firstVersionId(cookie) === current : !cookie) return;
  delete request.headers["if-none-match"];
  delete request.headers["if-modified-since"];
}
