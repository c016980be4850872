import cf from "cloudfront";
import type { FunctionEvent, FunctionResponse } from "../function-event.ts";
import { statusAnswer } from "../generated-answer.ts";
import { logSometimes } from "../log-sometimes.ts";
import { POINTER_STATUS } from "../names.ts";

/**
 * viewer-request on `/.lockstep/status`: answers with one read of the store. Of the request, it uses only the method.
 */
export async function handler(event: FunctionEvent): Promise<FunctionResponse> {
  let status: string | undefined;
  let method = "GET";
  try {
    method = event.request.method;
    status = await cf.kvs().get(POINTER_STATUS);
  } catch (error) {
    logSometimes("status", error);
  }
  return statusAnswer(method, status);
}
