import type { FunctionEvent, FunctionResponse, Values } from "../function-event.ts";
import { logSometimes } from "../log-sometimes.ts";

/**
 * viewer-response on `/.lockstep/heartbeat`: turns whatever the health path of a service answers into an empty 204, and keeps
 * only Lockstep's own headers. What a service says about its health is not for viewers, and a heartbeat sets no cookie.
 *
 * A refusal (409, 503) comes from `route` or the load balancer and stays as it is; CloudFront does not run this for >= 400.
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
