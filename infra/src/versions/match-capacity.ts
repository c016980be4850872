import type { AwsClients } from "../aws/clients.ts";
import { describeServices, scaleTo } from "../aws/services.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { OperationContext } from "./context.ts";
import { verifyTargets } from "./verify-targets.ts";

/**
 * Scales a version to at least the tasks of current, because it takes over all new pages at once, and waits until all
 * of its tasks are healthy. Never reduces its tasks.
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
  const before = services.get(service)?.desiredCount ?? 0;
  if (before < wanted) await scaleTo(service, wanted, options);
  const healthy = await verifyTargets({
    elb: clients.elb,
    targetGroupArn,
    wanted: Math.max(before, wanted),
    clock,
  });
  return `${healthy} healthy${before < wanted ? `, ${before} before` : ""}`;
}

/**
 * The number of tasks of a new version: at least as many as current runs, even if that exceeds `api.maxTasks`, because
 * the new version takes over all new pages at once. Auto scaling reduces it later.
 */
export async function startingTasks(
  ledger: Ledger,
  {
    config,
    clients,
    outputs,
  }: Pick<OperationContext, "config" | "outputs"> & { clients: Pick<AwsClients, "ecs"> },
): Promise<number> {
  const { minTasks } = config.api;
  const service = ledger.current === undefined ? undefined : ledger.versions[ledger.current]?.service;
  if (service === undefined) return minTasks;
  const { ecs } = clients;
  const running = (await describeServices([service], { ecs, clusterName: outputs.clusterName })).get(service);
  return Math.max(minTasks, running?.desiredCount ?? 0);
}
