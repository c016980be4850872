import { describeServices, scaleTo } from "../aws/services.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { OperationContext } from "../versions/context.ts";
import { startingTasks } from "./preflight.ts";
import { verifyTargets } from "./verify-targets.ts";

/**
 * Scales a version to at least the tasks of current, because it takes over all new pages at once, and waits until all of its tasks
 * are healthy. Never reduces its tasks.
 *
 * @param ledger contains the version
 * @returns the number of healthy tasks as text, with the earlier number if it was scaled
 * @throws LockstepError TARGETS_UNHEALTHY
 */
export async function matchCapacity(
  id: string,
  targetGroupArn: string,
  ledger: Ledger,
  context: OperationContext,
): Promise<string> {
  const { clients, outputs, clock } = context;
  const { service } = ledger.versions[id]!;
  const options = { ecs: clients.ecs, clusterName: outputs.clusterName };
  const [wanted, services] = await Promise.all([
    startingTasks(ledger, context),
    describeServices([service], options),
  ]);
  const there = services.get(service)?.desiredCount ?? 0;
  if (there < wanted) await scaleTo(service, wanted, options);
  const healthy = await verifyTargets({
    elb: clients.elb,
    targetGroupArn,
    wanted: Math.max(there, wanted),
    clock,
  });
  return `${healthy} healthy${there < wanted ? `, ${there} before` : ""}`;
}
