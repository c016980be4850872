import { describeServices } from "../aws/services.ts";
import { listVersionStacks } from "../aws/stacks.ts";
import type { RetireContext } from "../janitor/retire.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { freeSlot } from "../lifecycle/slots.ts";
import { refuseTooMany } from "../lifecycle/transitions.ts";
import { endKilledReleases, isLeftOver } from "./leftovers.ts";

export interface Preflight {
  ledger: Ledger;
  /** Failed versions whose stacks can be deleted meanwhile. */
  failed: string[];
  /** Version stacks that are there for nobody, by id. */
  stacks: string[];
}

/**
 * Everything that can be known before anything is made: the ledger, room for one more. Repairs map and pointer when the
 * last writer was killed before it wrote them, and ends releases that were killed.
 *
 * @param resumed a version that has its room, and whose release goes on
 * @throws LockstepError naming what stands in the way; nothing was created
 */
export async function preflight(context: RetireContext, resumed?: string): Promise<Preflight> {
  const { config, lifecycle } = context;
  const { cloudformation } = context.clients;
  const stacks = await listVersionStacks(config.app, cloudformation);
  const seen = await lifecycle.store.read();
  const releases = await lifecycle.leases.list();
  if (resumed !== undefined) releases.set(resumed, "running");
  const failed = await endKilledReleases(seen, releases, context);
  const ledger = await lifecycle.store.read();
  // Those that are being removed give their slots back before this version needs one.
  const settled = withoutVersions(ledger, failed);
  if (resumed === undefined) {
    freeSlot(settled);
    refuseTooMany(settled, config.protection.maxVersions);
  }
  await lifecycle.publishMap();
  await lifecycle.writePointer();
  const leftOver = [...stacks.keys()].filter((id) => isLeftOver(id, ledger, releases));
  return { ledger, failed, stacks: leftOver };
}

function withoutVersions(ledger: Ledger, ids: readonly string[]): Ledger {
  const versions = Object.entries(ledger.versions).filter(([id]) => !ids.includes(id));
  return { ...ledger, versions: Object.fromEntries(versions) };
}

/**
 * At least as many tasks as current runs now, even when that is more than `api.maxTasks` allows by now: the new version takes
 * over all of its readers at once, and the scaling policy shrinks it later.
 */
export async function startingTasks(
  ledger: Ledger,
  { config, clients, outputs }: Pick<RetireContext, "config" | "clients" | "outputs">,
): Promise<number> {
  const { minTasks } = config.api;
  const service = ledger.current === undefined ? undefined : ledger.versions[ledger.current]?.service;
  if (service === undefined) return minTasks;
  const { ecs } = clients;
  const running = (await describeServices([service], { ecs, clusterName: outputs.clusterName })).get(service);
  return Math.max(minTasks, running?.desiredCount ?? 0);
}
