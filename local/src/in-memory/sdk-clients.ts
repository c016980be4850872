import { AwsError } from "../aws-error.ts";
import type { Cloud, ServiceName } from "../cloud.ts";
import { ConnectionCut } from "../faults/fault-errors.ts";

/** Decides what happens to one call of a client. It may call `carryOut`, throw, or never return. */
export type Way = (
  call: { service: ServiceName; action: string; input: any },
  carryOut: () => Promise<any>,
) => Promise<any>;

interface Command {
  input: object;
  constructor: { name: string };
}

const CLIENTS = {
  autoscaling: "application-autoscaling",
  cloudformation: "cloudformation",
  cloudwatch: "monitoring",
  ecr: "ecr",
  ecs: "ecs",
  elb: "elbv2",
  events: "events",
  keyValueStore: "cloudfront-keyvaluestore",
  logs: "logs",
  s3: "s3",
  ssm: "ssm",
  tagging: "tagging",
} as const satisfies Record<string, ServiceName>;

/** Creates SDK clients that call the services directly, with the SDK's inputs, outputs and error names. */
export function sdkClients(cloud: Cloud, region: string, way: Way) {
  const clientOf = (service: ServiceName) => ({
    async send(command: Command, { abortSignal }: { abortSignal?: AbortSignal } = {}) {
      abortSignal?.throwIfAborted();
      const action = command.constructor.name.replace(/Command$/, "");
      const input = withoutUndefined(command.input);
      try {
        const output = await way({ service, action, input }, () =>
          cloud.call(service, action, input, { region }),
        );
        return action === "GetObject" ? { ...output, Body: readable(output.Body) } : output;
      } catch (error) {
        throw asSdkError(error, action);
      }
    },
    destroy() {},
  });
  return Object.fromEntries(
    Object.entries(CLIENTS).map(([name, service]) => [name, clientOf(service)]),
  ) as unknown as Record<keyof typeof CLIENTS, any>;
}

function readable(body: Uint8Array) {
  return {
    transformToString: async () => textOf(body),
    transformToByteArray: async () => body,
  };
}

/** Decodes UTF-8 without copying the bytes. A copy would slow tests that run thousands of histories. */
export function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
}

/** Removes undefined members, which a request on the wire would not contain either. */
function withoutUndefined(value: any): any {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const kept = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutUndefined(member)]));
}

/** Converts a failure to the SDK's error. A response to HEAD has no body, so its 404 has the name `NotFound`. */
function asSdkError(error: unknown, action: string): unknown {
  if (error instanceof ConnectionCut)
    return Object.assign(new Error("socket hang up"), { name: "TimeoutError", code: "ECONNRESET" });
  if (!(error instanceof AwsError)) return error;
  const name = action.startsWith("Head") && error.statusCode === 404 ? "NotFound" : error.code;
  return Object.assign(new Error(error.message), { name, $metadata: { httpStatusCode: error.statusCode } });
}
