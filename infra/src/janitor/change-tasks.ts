import type { AwsClients } from "../aws/clients.ts";
import { setFewestTasks } from "../aws/scalable-targets.ts";
import { scaleTo } from "../aws/services.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { isRoutable } from "../lifecycle/ledger.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";
import type { Upkeep } from "./plan-upkeep.ts";
import type { RunsOn } from "./resources.ts";

type Change = Exclude<Upkeep, { do: "announce" }>;

export interface ChangeTasksContext {
  outputs: Pick<PlatformOutputs, "clusterName">;
  clients: Pick<AwsClients, "ecs" | "autoscaling">;
  lifecycle: Pick<Lifecycle, "store">;
  /** What the version ran on when the plan was made. */
  before: RunsOn;
}

/**
 * Changes the tasks of a version, or the minimum of its scaling. Reads the ledger before and after: a version that was promoted
 * in the meantime gets its minimum back, and one that drains is left to its retirement.
 *
 * @returns whether the change was made and still holds
 */
export async function changeTasks(change: Change, context: ChangeTasksContext): Promise<boolean> {
  const { id } = change;
  const { lifecycle, before, clients, outputs } = context;
  const { clusterName } = outputs;
  const ledger = await lifecycle.store.read();
  if (!stillHolds(change, ledger)) return false;
  const { service } = ledger.versions[id]!;
  const scaling = { autoscaling: clients.autoscaling, clusterName };
  // The minimum comes first: auto scaling would undo a count below it.
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

function stillHolds({ do: kind, id }: Change, { versions }: Ledger): boolean {
  const state = versions[id]?.state;
  if (state === undefined) return false;
  return kind === "restore" ? isRoutable(state) : state === "superseded";
}
