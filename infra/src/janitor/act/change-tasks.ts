import type { AwsClients } from "../../aws/clients.ts";
import { setFewestTasks } from "../../aws/scalable-targets.ts";
import { scaleTo } from "../../aws/services.ts";
import type { PlatformOutputs } from "../../base/outputs.ts";
import type { Ledger } from "../../lifecycle/ledger.ts";
import { isRoutable } from "../../lifecycle/ledger.ts";
import type { Lifecycle } from "../../lifecycle/lifecycle.ts";
import type { Capacity } from "../evidence/capacity.ts";
import type { Upkeep } from "../plan/plan-upkeep.ts";

type Change = Exclude<Upkeep, { do: "announce" }>;

export interface ChangeTasksContext {
  outputs: Pick<PlatformOutputs, "clusterName">;
  clients: Pick<AwsClients, "ecs" | "autoscaling">;
  lifecycle: Pick<Lifecycle, "store">;
  /** Tasks and scaling of the version when the plan was made. */
  before: Capacity;
}

/**
 * Changes the tasks of a version, or the minimum of its scaling. Reads the ledger before and after the change. A
 * version that was promoted in the meantime gets its old minimum back. A draining version is left to its retirement.
 *
 * @returns whether the change was made and is still right
 */
export async function changeTasks(change: Change, context: ChangeTasksContext): Promise<boolean> {
  const { id } = change;
  const { lifecycle, before, clients, outputs } = context;
  const { clusterName } = outputs;
  const ledger = await lifecycle.store.read();
  if (!isStillRight(change, ledger)) return false;
  const { service } = ledger.versions[id]!;
  const scaling = { autoscaling: clients.autoscaling, clusterName };
  // Set the minimum first: auto scaling would raise a count below it.
  await setFewestTasks(service, change.fewest, scaling);
  if (change.do === "restore") {
    await scaleTo(service, change.tasks, { ecs: clients.ecs, clusterName });
    return true;
  }
  const after = await lifecycle.store.read();
  if (after.versions[id]?.state === "superseded") return true;
  if (after.current === id && before.fewest !== undefined)
    await setFewestTasks(service, before.fewest, scaling);
  return false;
}

function isStillRight({ do: kind, id }: Change, { versions }: Ledger): boolean {
  const state = versions[id]?.state;
  if (state === undefined) return false;
  return kind === "restore" ? isRoutable(state) : state === "superseded";
}
