import { choosePin, firstVersionId } from "./choose-pin.ts";
import type { EdgeSettings } from "./edge-settings.ts";
import type { FunctionRequest, Values } from "./function-event.ts";
import {
  CARRIER_HEADER,
  EXPLAIN_HEADER,
  INTERNAL_HEADER_PREFIX,
  VERSION_HEADER,
  VERSION_QUERY,
} from "./names.ts";

/** Sorts just behind every name that begins with the prefix: `.` follows `-`. Comparing is cheaper than `startsWith`. */
const BEHIND_PREFIX = `${INTERNAL_HEADER_PREFIX.slice(0, -1)}.`;
const FORWARDED_HOST = "x-forwarded-host";

/**
 * Writes the chosen pin into the headers that `route` believes, after everything that a viewer may have forged is gone.
 * The query pin is ours and never reaches the API.
 */
export function pinRequest(
  request: FunctionRequest,
  settings: Pick<EdgeSettings, "protect" | "explain">,
): FunctionRequest {
  const headers = request.headers;
  const pin = settings.protect ? choosePin(request) : undefined;
  const asked = headers[EXPLAIN_HEADER];
  const explain = settings.explain && asked !== undefined && asked.value === "1";
  if (request.querystring[VERSION_QUERY]) delete request.querystring[VERSION_QUERY];
  // From here on nothing can fail: `keepHeaderPin` must still find the header pin when something before did.
  dropInternalHeaders(headers);
  if (pin) {
    headers[VERSION_HEADER] = { value: pin.id };
    headers[CARRIER_HEADER] = { value: pin.carrier };
  }
  if (explain) headers[EXPLAIN_HEADER] = { value: "1" };
  return request;
}

/**
 * What is left to do when `pinRequest` failed, in as few steps as there are: forged headers still go, and a header pin
 * still counts, so that a page which named its version is not answered by another one.
 */
export function keepHeaderPin(request: FunctionRequest, protect: boolean): FunctionRequest {
  const id = protect ? firstVersionId(request.headers[VERSION_HEADER]) : undefined;
  dropInternalHeaders(request.headers);
  if (id !== undefined) {
    request.headers[VERSION_HEADER] = { value: id };
    request.headers[CARRIER_HEADER] = { value: "header" };
  }
  return request;
}

function dropInternalHeaders(headers: Values): void {
  for (const name in headers) {
    if (name >= INTERNAL_HEADER_PREFIX && name < BEHIND_PREFIX) delete headers[name];
  }
  if (headers[FORWARDED_HOST]) delete headers[FORWARDED_HOST];
}
