import type { FunctionEvent, FunctionResponse, Values } from "../function-event.ts";
import { logSometimes } from "../log-sometimes.ts";

/**
 * viewer-response on `/.lockstep/heartbeat`: replaces the response of the service's health path with an empty 204 that
 * has only Lockstep's own headers. A service's report about its health is not for viewers, and a heartbeat sets no
 * cookie.
 *
 * A refusal by `route` or the load balancer (409, 503) passes unchanged: CloudFront does not run this for >= 400.
 */
export async function handler(event: FunctionEvent): Promise<FunctionResponse> {
  const response = event.response;
  try {
    if (response.statusCode >= 400) return response;
    const all = response.headers!;
    const kept: Values = {};
    for (const name in all) {
      // Via and Warning are read-only here.
      if (name.indexOf("x-lockstep-") === 0 || name === "via" || name === "warning") kept[name] = all[name];
    }
    kept["cache-control"] = { value: "no-store" };
    return { statusCode: 204, statusDescription: "No Content", headers: kept, cookies: {}, body: "" };
  } catch (error) {
    logSometimes("heartbeat", error);
    return response;
  }
}
