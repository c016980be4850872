import { firstVersionId } from "./choose-pin.ts";
import type { EdgeSettings } from "./edge-settings.ts";
import type { FunctionRequest } from "./function-event.ts";
import {
  CARRIER_HEADER,
  type Carrier,
  CURRENT_HEADER,
  EXPLAIN_HEADER,
  FORWARDED_HOST_HEADER,
  INTERNAL_HEADERS,
  ORIGIN_SECRET_HEADER,
  OUTCOME_HEADER,
  SERVED_HEADER,
  VERSION_COOKIE,
  VERSION_HEADER,
  VERSION_QUERY,
} from "./names.ts";

/**
 * Chooses the version that a request names, header before query before cookie, and writes it into the headers that `route`
 * believes, after everything that a viewer may have forged is gone. A value that is not a version id is no pin, and the next
 * carrier is asked. The query pin is ours and never reaches the API.
 *
 * One function, and names instead of a walk over the headers: calls, objects and walks are what costs in njs.
 */
export function pinRequest(
  request: FunctionRequest,
  settings: Pick<EdgeSettings, "protect" | "explain">,
): FunctionRequest {
  const headers = request.headers;
  const querystring = request.querystring;
  let id: string | undefined;
  let carrier: Carrier = "header";
  if (settings.protect) {
    let entry = headers[VERSION_HEADER];
    if (entry) id = firstVersionId(entry);
    if (id === undefined) {
      carrier = "query";
      entry = querystring[VERSION_QUERY];
      if (entry) id = firstVersionId(entry);
    }
    if (id === undefined) {
      carrier = "cookie";
      entry = request.cookies[VERSION_COOKIE];
      if (entry) id = firstVersionId(entry);
    }
  }
  delete querystring[VERSION_QUERY];
  // From here on nothing can fail: `keepHeaderPin` must still find the header pin when something before did.
  delete headers[OUTCOME_HEADER];
  delete headers[CURRENT_HEADER];
  delete headers[SERVED_HEADER];
  delete headers[ORIGIN_SECRET_HEADER];
  delete headers[FORWARDED_HOST_HEADER];
  const asked = headers[EXPLAIN_HEADER];
  if (asked && (asked.value !== "1" || asked.multiValue || !settings.explain)) delete headers[EXPLAIN_HEADER];
  if (id === undefined) delete headers[VERSION_HEADER];
  else headers[VERSION_HEADER] = { value: id };
  // No carrier means header: what most requests name costs neither this function nor `route` a header more.
  if (id === undefined || carrier === "header") delete headers[CARRIER_HEADER];
  else headers[CARRIER_HEADER] = { value: carrier };
  return request;
}

/**
 * What is left to do when `pinRequest` failed, in as few steps as there are: forged headers still go, and a header pin
 * still counts, so that a page which named its version is not answered by another one.
 */
export function keepHeaderPin(request: FunctionRequest, protect: boolean): FunctionRequest {
  const headers = request.headers;
  const entry = headers[VERSION_HEADER];
  const id = protect && entry ? firstVersionId(entry) : undefined;
  for (let i = 0; i < INTERNAL_HEADERS.length; i++) delete headers[INTERNAL_HEADERS[i] as string];
  if (id !== undefined) headers[VERSION_HEADER] = { value: id };
  return request;
}
