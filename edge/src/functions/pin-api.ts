import type { EdgeSettings } from "../edge-settings.ts";
import type { FunctionEvent, FunctionRequest, FunctionResponse } from "../function-event.ts";
import { keepHeaderPin, pinRequest } from "../pin-request.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect" | "explain">;
const settings = { protect: LOCKSTEP.protect, explain: LOCKSTEP.explain };

/**
 * viewer-request on the API's behaviours: chooses the pin. Reads nothing but the request.
 *
 * An exception would be a 503 for every viewer, and a request that goes on as it came could carry a forged pin: so first
 * the whole work, then the least of it, and an answer of our own when even that is impossible.
 */
export async function handler(event: FunctionEvent): Promise<FunctionRequest | FunctionResponse> {
  try {
    return pinRequest(event.request, settings);
  } catch (_whole) {
    try {
      return keepHeaderPin(event.request, settings.protect);
    } catch (_least) {
      return { statusCode: 503, statusDescription: "Service Unavailable" };
    }
  }
}
