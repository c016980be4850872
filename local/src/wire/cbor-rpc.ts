import { AwsError } from "../aws-error.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { failureOf, type Protocol } from "./protocol.ts";

const HEADERS = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
const PATH = /^\/service\/[^/]+\/operation\/([^/]+)$/;

/** Smithy RPC v2 over CBOR: boto3 and the AWS CLI use it for CloudWatch. */
export const cborRpc: Protocol = {
  read(request, model) {
    const action = PATH.exec(request.path)?.[1];
    if (action === undefined || (model !== undefined && !model.operations.has(action)))
      throw new AwsError("UnknownOperationException", `No operation at ${request.path}.`, 404);
    return {
      action,
      input: decodeCbor(request.body) as Record<string, unknown>,
      reply: (output) => ({ status: 200, headers: HEADERS, body: encodeCbor(output ?? {}) }),
    };
  },
  fail(error, _request, model) {
    const failure = failureOf(error, model);
    return {
      status: failure.status,
      headers: { ...HEADERS, "x-amzn-query-error": `${failure.queryCode};${failure.side}` },
      body: encodeCbor({ __type: failure.name, message: failure.message, ...failure.detail }),
    };
  },
};
