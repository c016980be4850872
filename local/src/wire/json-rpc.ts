import { AwsError } from "../aws-error.ts";
import { parseJson, readJson, writeJson } from "./json.ts";
import { failureOf, type Protocol } from "./protocol.ts";

const PLAIN = { jsonNames: false };

/** AWS JSON 1.0 and 1.1: the action is in `X-Amz-Target`, all else in the body. */
export const jsonRpc: Protocol = {
  read(request, model) {
    const action = request.headers["x-amz-target"]!.split(".").at(-1)!;
    const operation = model?.operations.get(action);
    if (model !== undefined && operation === undefined)
      throw new AwsError("UnknownOperationException", `${request.service} has no operation ${action}.`, 404);
    return {
      action,
      input: readJson(operation?.input, parseJson(request.body), PLAIN),
      reply: (output) => ({
        status: 200,
        headers: jsonHeaders(request.headers),
        body: JSON.stringify(writeJson(operation?.output, output ?? {}, PLAIN) ?? {}),
      }),
    };
  },
  fail(error, request, model) {
    const failure = failureOf(error, model);
    return {
      // These protocols send every client error as 400, even if the model contains another status.
      status: failure.status < 500 ? 400 : failure.status,
      headers: {
        ...jsonHeaders(request.headers),
        "x-amzn-errortype": failure.name,
        // Clients of services that formerly used the query protocol read the old codes from this header.
        ...(request.headers["x-amzn-query-mode"] === "true"
          ? { "x-amzn-query-error": `${failure.queryCode};${failure.side}` }
          : {}),
      },
      body: JSON.stringify({
        __type: failure.name,
        message: failure.message,
        ...(writeJson(undefined, failure.detail, PLAIN) as object),
      }),
    };
  },
};

function jsonHeaders(request: Record<string, string>): Record<string, string> {
  return { "content-type": request["content-type"] ?? "application/x-amz-json-1.1" };
}
