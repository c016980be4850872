import { listVersionStacks } from "../aws/stacks.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { freeSlot } from "../lifecycle/slots.ts";
import { refuseTooMany } from "../lifecycle/transitions.ts";
import { endKilledReleases, isLeftOver } from "../versions/leftovers.ts";
import type { RetireContext } from "../versions/retire.ts";

export interface Preflight {
  ledger: Ledger;
  /** Failed versions whose stacks can be deleted. */
  failed: string[];
  /** Version ids of leftover stacks. */
  stacks: string[];
}

/**
 * Checks what can be checked before a version is created: the ledger, and a free slot. Repairs map and pointer if the
 * last writer was killed before it wrote them, and ends killed releases.
 *
 * @param resumed the version of a resumed release, which already has a slot
 * @throws LockstepError before anything is created
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
  // Failed versions free their slots before this version needs one.
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
