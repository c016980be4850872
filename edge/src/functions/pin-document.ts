import cf from "cloudfront";
import { firstVersionId } from "../choose-pin.ts";
import type { EdgeSettings } from "../edge-settings.ts";
import type { FunctionEvent, FunctionRequest, FunctionResponse } from "../function-event.ts";
import { nothingReleasedAnswer } from "../generated-answer.ts";
import { isDocument } from "../is-document.ts";
import { logSometimes } from "../log-sometimes.ts";
import { POINTER_CURRENT, VERSION_COOKIE } from "../names.ts";
import { normalisePath } from "../normalise-path.ts";
import { filePath, isBuildFile } from "../rewrite-document.ts";
import { isVersionId } from "../version-id.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect">;
const settings = { protect: LOCKSTEP.protect };

/** Once per instance, as AWS's own examples have it. A throw out here would be a 503 for everybody, before any guard. */
const pointer = openPointer();

function openPointer(): ReturnType<typeof cf.kvs> | undefined {
  try {
    return cf.kvs();
  } catch (_noStoreIsAssociated) {
    return undefined;
  }
}

/**
 * viewer-request on the default behaviour, which admits GET and HEAD only: sends documents and public files to the current
 * version's folder. One read of the pointer; none for a file that names its build.
 *
 * The steps of a document stand here, in the words that cost njs least: a call costs more than most of them, a template
 * three times what `+` does. What our own store holds is looked at for its shape only (docs/decisions/021).
 */
export async function handler(event: FunctionEvent): Promise<FunctionRequest | FunctionResponse> {
  const request = event.request;
  try {
    const headers = request.headers;
    const destination = headers["sec-fetch-dest"];
    // biome-ignore lint/complexity/useOptionalChain: the runtime has none, and what it is translated to costs more
    if ((!destination || destination.value !== "document") && !isDocument(request))
      return await sendFile(request);
    const current = await pointer!.get(POINTER_CURRENT);
    if (current > "2" && current < "3") {
      // biome-ignore lint/style/useTemplate: a template costs njs three times as much
      request.uri = "/builds/" + current + "/index.html";
      // A 304 brings no stamp. So a page is answered in full unless the browser's cookie is what the stamp would make it.
      delete headers["if-modified-since"];
      if (headers["if-none-match"] && !hasRightCookie(request, current)) delete headers["if-none-match"];
      return request;
    }
    return withoutPointer(true, current);
  } catch (error) {
    return withoutPointer(true, error);
  }
}

/** All but documents: what a build has outside the shared `/assets/`. */
async function sendFile(request: FunctionRequest): Promise<FunctionRequest | FunctionResponse> {
  try {
    const path = normalisePath(request.uri);
    if (isBuildFile(path)) {
      request.uri = path;
      return request;
    }
    const current = await pointer!.get(POINTER_CURRENT);
    if (!isVersionId(current)) return withoutPointer(false, current);
    request.uri = filePath(path, current);
    return request;
  } catch (error) {
    return withoutPointer(false, error);
  }
}

/** The key is missing (nothing was released), the store cannot be read, or its value is damaged. */
function withoutPointer(document: boolean, why: unknown): FunctionResponse {
  logSometimes("pointer", why);
  return nothingReleasedAnswer(document);
}

/** What the stamp would make it: current's, or none when protection is off. */
function hasRightCookie(request: FunctionRequest, current: string): boolean {
  const cookie = request.cookies[VERSION_COOKIE];
  if (!settings.protect) return !cookie;
  return cookie !== undefined && firstVersionId(cookie) === current;
}
