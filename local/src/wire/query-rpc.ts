import { AwsError } from "../aws-error.ts";
import { XML_NAMESPACES } from "./models.ts";
import { failureOf, type Protocol, type WireRequest } from "./protocol.ts";
import { readQuery } from "./query.ts";
import { escapeXml, writeContent } from "./xml.ts";

/** The query protocol: a form with `Action` (or, for GET, the URL's query); the response is XML. */
export const queryRpc: Protocol = {
  read(request, model) {
    const parameters = queryParameters(request);
    const action = parameters.get("Action")!;
    if (request.service === "ec2") {
      throw new AwsError(
        "NotImplemented",
        `ec2:${action} is not implemented by the local AWS: only CloudFormation can create networking resources.`,
        501,
      );
    }
    const operation = model?.operations.get(action);
    if (model !== undefined && operation === undefined)
      throw new AwsError("InvalidAction", `${request.service} has no action ${action}.`);
    return {
      action,
      input: readQuery(operation?.input, parameters),
      reply: (output) => ({
        status: 200,
        headers: { "content-type": "text/xml" },
        body: document(
          `${action}Response`,
          request,
          `<${action}Result>${writeContent(operation?.output, output ?? {})}</${action}Result>` +
            `<ResponseMetadata><RequestId>${request.requestId}</RequestId></ResponseMetadata>`,
        ),
      }),
    };
  },
  fail(error, request, model) {
    const failure = failureOf(error, model);
    const code = `<Code>${escapeXml(failure.queryCode)}</Code><Message>${escapeXml(failure.message)}</Message>`;
    const detail = writeContent(undefined, failure.detail);
    const body =
      request.service === "ec2"
        ? `<Response><Errors><Error>${code}</Error></Errors><RequestID>${request.requestId}</RequestID></Response>`
        : document(
            "ErrorResponse",
            request,
            `<Error><Type>${failure.side}</Type>${code}${detail}</Error><RequestId>${request.requestId}</RequestId>`,
          );
    return { status: failure.status, headers: { "content-type": "text/xml" }, body };
  },
};

/** Returns the parameters of a query-protocol request, from its body or its URL. */
export function queryParameters(request: Pick<WireRequest, "headers" | "body" | "query">): URLSearchParams {
  const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  return isForm ? new URLSearchParams(request.body.toString("utf8")) : request.query;
}

function document(root: string, request: WireRequest, content: string): string {
  const namespace = XML_NAMESPACES[request.service];
  return `<${root}${namespace === undefined ? "" : ` xmlns="${namespace}"`}>${content}</${root}>`;
}
