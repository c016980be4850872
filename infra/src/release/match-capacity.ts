import { describeServices, scaleTo } from "../aws/services.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { OperationContext } from "../versions/context.ts";
import { startingTasks } from "./preflight.ts";
import { verifyTargets } from "./verify-targets.ts";

/**
 * Gives a version as many tasks as current runs now, and waits until all of them are healthy: it takes over all of current's
 * readers at once. What it has more stays.
 *
 * @param ledger with the version in it
 * @returns how many are healthy, in words, and how many it had when they were too few
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
