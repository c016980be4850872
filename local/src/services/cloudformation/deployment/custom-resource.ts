import { randomUUID } from "node:crypto";
import { AwsError } from "../../../aws-error.ts";
import { mapOf } from "../providers/properties.ts";
import type {
  Existing,
  Properties,
  Provided,
  ProviderContext,
  ResourceProvider,
} from "../providers/provider.ts";
import type { EngineOptions } from "../stack/engine.ts";

/** Response of a custom resource's function (CloudFormation User Guide, custom resource response objects). */
interface Response {
  Status: "SUCCESS" | "FAILED";
  Reason?: string;
  PhysicalResourceId?: string;
  Data?: Record<string, unknown>;
}

export interface CustomResources {
  provider: ResourceProvider;
  respond(token: string, body: string | Uint8Array | object): void;
}

/**
 * Path on the endpoint that receives responses; the token follows. Functions reach it by an AWS host name, as on AWS.
 */
export const RESPONSE_PATH = "/_cloudformation/response/";

const DEFAULT_TIMEOUT_MS = 3_600_000;

/**
 * Creates the provider of `Custom::*` and `AWS::CloudFormation::CustomResource` backed by a Lambda function. The
 * function receives the event and responds with a PUT to the event's ResponseURL.
 */
export function createCustomResources(options: EngineOptions): CustomResources {
  /** Token → response, `undefined` until it arrives. */
  const waiting = new Map<string, Response | undefined>();

  const request = async (
    kind: "Create" | "Update" | "Delete",
    properties: Properties,
    context: ProviderContext,
    extra: Record<string, unknown>,
  ): Promise<Response> => {
    const token = randomUUID();
    const { ServiceToken: serviceToken, ServiceTimeout: seconds } = properties;
    waiting.set(token, undefined);
    try {
      await invoke(serviceToken, context, {
        RequestType: kind,
        ServiceToken: serviceToken,
        ResponseURL: `https://cloudformation-custom-resource-response-${context.region}.s3.amazonaws.com${RESPONSE_PATH}${token}`,
        StackId: context.stackId,
        RequestId: randomUUID(),
        ResourceType: context.type,
        LogicalResourceId: context.logicalId,
        ResourceProperties: texts(properties),
        ...extra,
      });
      const timeoutMs =
        seconds === undefined
          ? (options.customResourceTimeoutMs ?? DEFAULT_TIMEOUT_MS)
          : Number(seconds) * 1000;
      const what = `a response of ${serviceToken} to the ${kind} of ${context.logicalId}`;
      return successful(await context.waitUntil(what, async () => waiting.get(token), timeoutMs), context);
    } finally {
      waiting.delete(token);
    }
  };

  const provider: ResourceProvider = {
    properties: mapOf("json"),
    required: ["ServiceToken"],
    attributes: "any",
    replacedBy: [],
    create: async (properties, context) => {
      const response = await request("Create", properties, context, {});
      return provided(response, undefined);
    },
    update: async (existing, properties, _changed, context) => {
      const response = await request("Update", properties, context, {
        PhysicalResourceId: existing.physicalId,
        OldResourceProperties: texts(existing.properties),
      });
      return provided(response, existing);
    },
    delete: (existing, context) =>
      request("Delete", existing.properties, context, { PhysicalResourceId: existing.physicalId }),
  };

  const respond = (token: string, body: string | Uint8Array | object) => {
    if (!waiting.has(token))
      throw new AwsError("AccessDenied", `No custom resource waits for the response ${token}.`, 403);
    waiting.set(token, parseResponse(body));
  };
  return { provider, respond };
}

async function invoke(serviceToken: string, context: ProviderContext, event: object): Promise<void> {
  const match = /^arn:aws:lambda:([a-z0-9-]+):\d+:function:/.exec(serviceToken);
  if (match === null)
    throw new AwsError(
      "ValidationError",
      `The ServiceToken of ${context.logicalId} must be the ARN of a Lambda function, not ${JSON.stringify(serviceToken)}`,
    );
  const input = {
    FunctionName: serviceToken,
    InvocationType: "Event",
    Payload: new TextEncoder().encode(JSON.stringify(event)),
  };
  await context.call("lambda", "Invoke", input, match[1]);
}

function successful(response: Response, context: ProviderContext): Response {
  if (response.Status === "SUCCESS") return response;
  throw new AwsError(
    "ValidationError",
    `Received response status [FAILED] from custom resource. Message returned: ${response.Reason ?? "no reason given"} (${context.logicalId})`,
  );
}

function provided(response: Response, existing: Existing | undefined): Provided {
  const physicalId = response.PhysicalResourceId ?? existing?.physicalId;
  if (!physicalId)
    throw new AwsError(
      "ValidationError",
      "Invalid PhysicalResourceId: the response of a custom resource must contain a PhysicalResourceId.",
    );
  return { physicalId, attributes: { ...response.Data } };
}

function parseResponse(body: string | Uint8Array | object): Response {
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return body as Response;
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  try {
    return JSON.parse(text);
  } catch {
    return { Status: "FAILED", Reason: `The response is not JSON: ${text.slice(0, 200)}` };
  }
}

/** Converts every scalar to text, as AWS does for a custom resource's function. */
function texts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(texts);
  if (typeof value !== "object" || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, texts(each)]));
}
