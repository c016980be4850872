import type { AwsClients } from "../aws/clients.ts";
import { setFewestTasks } from "../aws/scalable-targets.ts";
import { moveTo, scaleTo } from "../aws/services.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { isRoutable } from "../lifecycle/ledger.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";
import type { Upkeep } from "./plan-upkeep.ts";
import type { RunsOn } from "./resources.ts";

type Change = Exclude<Upkeep, { do: "announce" }>;

export interface TendContext {
  outputs: Pick<PlatformOutputs, "clusterName">;
  clients: Pick<AwsClients, "ecs" | "autoscaling">;
  lifecycle: Pick<Lifecycle, "store">;
  /** What it ran on when it was looked at. */
  before: RunsOn;
}

/**
 * Changes what a version runs on. The ledger is read before and after: a version that is promoted meanwhile gets back what it
 * had, and one that drains meanwhile is left to its retirement.
 *
 * @returns whether it was done
 */
export async function tend(change: Change, context: TendContext): Promise<boolean> {
  const { id } = change;
  const { lifecycle, before } = context;
  const ledger = await lifecycle.store.read();
  if (!stillHolds(change, ledger)) return false;
  const service = ledger.versions[id]!.service;
  await carryOut(change, service, context);
  const after = await lifecycle.store.read();
  if (change.do === "restore" || after.versions[id]?.state === "superseded") return true;
  if (after.current !== id) return false;
  const { desired: tasks, fewest = tasks } = before;
  const onDemand = change.do === "move-to-spot";
  await carryOut(
    { do: "restore", id, tasks, fewest, onDemand, reason: "it is current again" },
    service,
    context,
  );
  return false;
}

function stillHolds({ do: kind, id }: Change, { versions }: Ledger): boolean {
  const state = versions[id]?.state;
  if (state === undefined) return false;
  return kind === "restore" ? isRoutable(state) : state === "superseded";
}

async function carryOut(change: Change, service: string, { clients, outputs }: TendContext): Promise<void> {
  const { ecs, autoscaling } = clients;
  const { clusterName } = outputs;
  if (change.do === "move-to-spot") return moveTo(service, "FARGATE_SPOT", { ecs, clusterName });
  // Its scaling first: it would undo a count below its fewest.
  await setFewestTasks(service, change.fewest, { autoscaling, clusterName });
  await scaleTo(service, change.tasks, { ecs, clusterName });
  if (change.do === "restore" && change.onDemand) await moveTo(service, "FARGATE", { ecs, clusterName });
}
