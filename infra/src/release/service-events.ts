import { describeServices } from "../aws/services.ts";
import { serviceName } from "../base/version-names.ts";
import type { OperationContext } from "../versions/context.ts";

const TELL_EVERY_MS = 15_000;

/**
 * For a wait that takes minutes: tells what ECS last said of the version's service, when that is news. A stack whose tasks do not
 * come up is silent for minutes, and the reason is there all the time.
 *
 * @returns what to call while waiting, with how long that has been
 */
export function tellServiceEvents(
  id: string,
  { clients, outputs, progress }: OperationContext,
): (waitedMs: number) => Promise<void> {
  let nextAt = TELL_EVERY_MS;
  let told: string | undefined;
  return async (waitedMs) => {
    if (waitedMs < nextAt) return;
    nextAt = waitedMs + TELL_EVERY_MS;
    const options = { ecs: clients.ecs, clusterName: outputs.clusterName };
    const service = (await describeServices([serviceName(id)], options)).get(serviceName(id));
    const message = service?.events?.[0]?.message;
    if (message === undefined || message === told) return;
    told = message;
    progress.say(`  after ${Math.round(waitedMs / 1000)} s, ECS: ${message}`);
  };
}
