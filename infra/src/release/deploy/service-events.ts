import { describeServices } from "../../aws/services.ts";
import { serviceName } from "../../base/version-names.ts";
import type { OperationContext } from "../../versions/context.ts";

const REPORT_EVERY_MS = 15_000;

/**
 * Shows new ECS events of a version's service during a long wait. CloudFormation reports for minutes nothing about
 * tasks that do not start, while ECS already has the reason.
 *
 * @returns a function to call while waiting, with the time since the start
 */
export function showServiceEvents(
  id: string,
  { clients, outputs, progress }: OperationContext,
): (waitedMs: number) => Promise<void> {
  let nextAt = REPORT_EVERY_MS;
  let reported: string | undefined;
  return async (waitedMs) => {
    if (waitedMs < nextAt) return;
    nextAt = waitedMs + REPORT_EVERY_MS;
    const options = { ecs: clients.ecs, clusterName: outputs.clusterName };
    const service = (await describeServices([serviceName(id)], options)).get(serviceName(id));
    const message = service?.events?.[0]?.message;
    if (message === undefined || message === reported) return;
    reported = message;
    progress.say(`  after ${Math.round(waitedMs / 1000)} s, ECS: ${message}`);
  };
}
