import { STATUS_CODES } from "node:http";
import { EdgeError } from "../exchange/edge-error.ts";
import { type EdgeRequest, type EdgeResponse, type Fields, newFields } from "../exchange/exchange.ts";
import {
  type DistributionName,
  type FunctionResponse,
  fieldsOf,
  formatCookies,
  formatQuery,
  formatSetCookies,
  viewerRequestEvent,
  viewerResponseEvent,
} from "./function-event.ts";
import { createFunctionSandbox, type FunctionSandbox } from "./function-sandbox.ts";
import { type Validated, validateFunctionResult } from "./validate-function-result.ts";

/** A published function, as the control plane provides it to an edge. */
export interface FunctionSource {
  name: string;
  /** Changes when new code is published. */
  etag: string;
  code: string;
  keyValues(): ReadonlyMap<string, string> | undefined;
}

export interface EdgeFunctionsOptions {
  /** Returns the function that is published under an ARN. */
  source(arn: string): FunctionSource | undefined;
  now(): number;
  log(line: string): void;
}

/** The CloudFront Functions of one edge. Each runs in its own sandbox, which is replaced when new code is published. */
export interface EdgeFunctions {
  viewerRequest(
    arn: string,
    distribution: DistributionName,
    request: EdgeRequest,
  ): Promise<EdgeRequest | EdgeResponse>;
  viewerResponse(
    arn: string,
    distribution: DistributionName,
    viewer: EdgeRequest,
    response: EdgeResponse,
  ): Promise<EdgeResponse>;
}

export function createEdgeFunctions(options: EdgeFunctionsOptions): EdgeFunctions {
  const sandboxes = new Map<string, { etag: string; sandbox: FunctionSandbox }>();
  const run = async (arn: string, event: () => ReturnType<typeof viewerRequestEvent>): Promise<Validated> => {
    const result = await execute(sandboxOf(arn, sandboxes, options), arn, event());
    // The function may have changed its event, so the result is compared with a new event.
    return validateFunctionResult(event(), result);
  };
  return {
    async viewerRequest(arn, distribution, request) {
      const validated = await run(arn, () => viewerRequestEvent(distribution, request));
      if (validated.kind === "invalid") throw invalidResult(arn, validated.reason);
      if (validated.kind === "response") return generatedResponse(validated.response);
      return changedRequest(request, validated);
    },
    async viewerResponse(arn, distribution, viewer, response) {
      const validated = await run(arn, () => viewerResponseEvent(distribution, viewer, response));
      if (validated.kind !== "response")
        throw invalidResult(arn, validated.kind === "invalid" ? validated.reason : "it returned a request");
      return changedResponse(response, validated.response);
    },
  };
}

function sandboxOf(
  arn: string,
  sandboxes: Map<string, { etag: string; sandbox: FunctionSandbox }>,
  options: EdgeFunctionsOptions,
): FunctionSandbox {
  const source = options.source(arn);
  if (source === undefined)
    throw new EdgeError(503, `The function ${arn} is not published.`, "FunctionExecutionError");
  const present = sandboxes.get(arn);
  if (present?.etag === source.etag) return present.sandbox;
  const { name, code, keyValues } = source;
  try {
    const sandbox = createFunctionSandbox({
      name,
      code,
      keyValues,
      now: options.now,
      log: (line) => options.log(`${name}: ${line}`),
    });
    sandboxes.set(arn, { etag: source.etag, sandbox });
    return sandbox;
  } catch (error) {
    throw new EdgeError(
      503,
      `The CloudFront function ${name} does not compile: ${String(error)}`,
      "FunctionExecutionError",
      { cause: error },
    );
  }
}

async function execute(sandbox: FunctionSandbox, arn: string, event: unknown): Promise<unknown> {
  try {
    return await sandbox.call(event);
  } catch (error) {
    // Errors of the sandbox come from another realm, so `instanceof Error` is false.
    const message = (error as { message?: string } | undefined)?.message ?? String(error);
    throw new EdgeError(
      503,
      `The CloudFront function ${nameOf(arn)} threw: ${message}`,
      "FunctionExecutionError",
      {
        cause: error,
      },
    );
  }
}

function invalidResult(arn: string, reason: string): EdgeError {
  return new EdgeError(
    502,
    `The CloudFront function ${nameOf(arn)} returned a result that CloudFront refuses: ${reason}.`,
    "FunctionValidationError",
  );
}

function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

/**
 * Converts a function's result to a request. CloudFront rebuilds query and cookies from the event, even if the function
 * did not change them: values of one name move to its first position, `?x` becomes `?x=`, empty pairs disappear.
 */
function changedRequest(
  before: EdgeRequest,
  validated: Extract<Validated, { kind: "request" }>,
): EdgeRequest {
  const { uri, querystring, headers, cookies } = validated.request;
  const fields = fieldsOf(headers);
  const cookie = formatCookies(cookies);
  if (cookie !== "") fields.cookie = [cookie];
  return { ...before, path: uri, query: formatQuery(querystring), fields };
}

function generatedResponse(response: FunctionResponse): EdgeResponse {
  const fields = responseFields(response);
  fields.server ??= ["CloudFront"];
  const body = bodyOf(response);
  return {
    status: response.statusCode,
    reason: response.statusDescription ?? STATUS_CODES[response.statusCode],
    fields,
    body,
    cacheResult: "FunctionGeneratedResponse",
  };
}

function changedResponse(before: EdgeResponse, response: FunctionResponse): EdgeResponse {
  const fields = responseFields(response);
  const body = bodyOf(response);
  const changed = { ...before, status: response.statusCode, reason: response.statusDescription, fields };
  if (body === undefined) return changed;
  if (response.statusCode === 204) return { ...changed, body: undefined };
  fields["content-length"] = [String(body.byteLength)];
  return { ...changed, body };
}

function responseFields(response: FunctionResponse): Fields {
  const fields = response.headers === undefined ? newFields() : fieldsOf(response.headers);
  const cookies = formatSetCookies(response.cookies ?? {});
  if (cookies.length > 0) fields["set-cookie"] = cookies;
  return fields;
}

function bodyOf({ body }: FunctionResponse): Uint8Array | undefined {
  if (body === undefined) return undefined;
  if (typeof body === "string") return Buffer.from(body);
  return Buffer.from(body.data, body.encoding === "base64" ? "base64" : "utf8");
}
