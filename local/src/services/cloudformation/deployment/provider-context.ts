import { AwsError } from "../../../aws-error.ts";
import { ACCOUNT, type ServiceName } from "../../../cloud.ts";
import type { Timers } from "../../../timers.ts";
import type { ProviderContext } from "../providers/provider.ts";
import type { Engine } from "../stack/engine.ts";
import type { ResourceRecord, StackRecord } from "../stack/model.ts";
import { physicalName } from "./physical-name.ts";

/** Thrown when a deployment is cancelled while it waits for a resource. */
export class Cancelled extends Error {}

const GLOBAL_SERVICES: readonly ServiceName[] = ["iam", "cloudfront", "cloudfront-keyvaluestore"];
const GLOBAL_REGION = "us-east-1";

export function providerContext(
  engine: Engine,
  stack: StackRecord,
  resource: ResourceRecord,
  signal: AbortSignal,
  initiated: ProviderContext["initiated"],
): ProviderContext {
  const { logicalId, type } = resource;
  return {
    region: stack.region,
    account: ACCOUNT,
    stackId: stack.id,
    stackName: stack.name,
    logicalId,
    type,
    call: (service, action, input, region) => {
      const home = GLOBAL_SERVICES.includes(service) ? GLOBAL_REGION : stack.region;
      return engine.cloud.call(service, action, withoutUndefined(input), { region: region ?? home });
    },
    name: (rules) => physicalName(stack.name, logicalId, engine.suffix(), rules),
    initiated,
    waitUntil: (what, probe, timeoutMs) =>
      waitUntil(what, probe, {
        signal,
        timers: engine.cloud.timers,
        pollMs: engine.pollMs,
        timeoutMs: timeoutMs ?? engine.stabilizeTimeoutMs,
      }),
  };
}

/**
 * Polls until the probe returns a value. Uses real time instead of the cloud's clock, because resources need real time.
 */
async function waitUntil<Value>(
  what: string,
  probe: () => Promise<Value | undefined>,
  options: { signal: AbortSignal; timers: Timers; pollMs: number; timeoutMs: number },
): Promise<Value> {
  const { signal, timers } = options;
  const deadline = timers.elapsed() + options.timeoutMs;
  for (;;) {
    if (signal.aborted) throw new Cancelled(`Waiting for ${what} was cancelled.`);
    const value = await probe();
    if (value !== undefined) return value;
    if (timers.elapsed() > deadline)
      throw new AwsError(
        "NotStabilized",
        `Timed out after ${options.timeoutMs / 1000} s waiting for ${what}.`,
      );
    await timers.wait(options.pollMs, { signal });
  }
}

/** Removes undefined members, which a request on the wire would not contain either. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutUndefined(each)]));
}
