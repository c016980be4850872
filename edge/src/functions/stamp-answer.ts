import type { EdgeSettings } from "../edge-settings.ts";
import type { FunctionEvent, FunctionRequest, FunctionResponse, Value } from "../function-event.ts";
import { logSometimes } from "../log-sometimes.ts";
import { VERSION_HEADER, VERSION_QUERY } from "../names.ts";
import { pinLocation } from "../pin-redirect.ts";
import { firstVersionId, VERSION_ID, VERSION_ID_LENGTH } from "../version-id.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect" | "paths">;
const protect = LOCKSTEP.protect;
const paths = LOCKSTEP.paths;

/**
 * viewer-response on the services' behaviors: keeps caches from storing an answer of one version under an address that
 * does not name the version (docs/decisions/062).
 *
 * An address with a pin belongs to one version: its response passes unchanged, except that a redirect to a service
 * keeps the pin. At any other address, different versions answer over time, so the response gets `no-store`. CloudFront
 * does not run this for >= 400.
 */
export async function handler(event: FunctionEvent): Promise<FunctionResponse> {
  const response = event.response;
  try {
    const request = event.request;
    if (protect) {
      const pin = request.querystring[VERSION_QUERY];
      if (pin && !request.headers[VERSION_HEADER]) {
        const value = pin.value;
        // Checks the usual single value in place: in njs a call costs as much as ten comparisons.
        const id =
          !pin.multiValue && value.length === VERSION_ID_LENGTH && value.search(VERSION_ID) === 0
            ? value
            : firstVersionId(pin);
        if (id !== undefined) {
          const status = response.statusCode;
          if (status > 300 && status < 309) keepPin(request, response, id);
          return response;
        }
      }
    }
    response.headers!["cache-control"] = { value: "no-store" };
  } catch (error) {
    logSometimes("stamp-answer", error);
  }
  return response;
}

/** Adds the pin to the Location of a redirect that leads to a service. */
function keepPin(request: FunctionRequest, response: FunctionResponse, id: string): void {
  const status = response.statusCode;
  const location = response.headers!.location;
  if (!location || status === 304 || status === 305 || status === 306) return;
  const host = request.headers.host;
  const redirected = { host: host ? host.value : undefined, uri: request.uri };
  const pinned: Value = { value: pinLocation(location.value, id, redirected, paths) };
  const all = location.multiValue;
  if (all) {
    pinned.multiValue = [];
    for (let i = 0; i < all.length; i++) {
      const one = all[i] as { value: string };
      pinned.multiValue.push({ value: pinLocation(one.value, id, redirected, paths) });
    }
  }
  response.headers!.location = pinned;
}
