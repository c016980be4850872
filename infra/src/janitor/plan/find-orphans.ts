import { timeOfVersionId } from "@lockstep/edge/version-id";
import { formatAge } from "../../base/format.ts";
import type { Ledger } from "../../lifecycle/ledger.ts";
import type { Releases } from "../../lifecycle/release-lease.ts";
import type { ReadContext } from "../../versions/context.ts";
import { type AppResource, listAppResources, type ResourceKind } from "../evidence/app-resources.ts";

/** A resource whose version no longer exists, or never existed. */
export interface Orphan {
  kind: ResourceKind;
  /** The version. */
  id: string;
  /** ARN; for an image its digest, for files their prefix, for a manifest its version id. */
  name: string;
  reason: string;
}

/** Younger resources are never orphans: AWS's lists lag behind, and a release may be creating them. */
const ORPHAN_AFTER_MS = 60 * 60_000;
/** Kinds that CloudFormation deletes together with the stack. */
const IN_STACK: readonly ResourceKind[] = ["service", "rule", "target-group", "log-group"];
/** Kinds that are kept for a while after a version is retired. */
const KEPT_AFTER_RETIREMENT: readonly ResourceKind[] = ["image", "files", "manifest"];

/** Finds resources that a killed release or a failed deletion left behind. Changes nothing. */
export async function findOrphans(context: ReadContext): Promise<Orphan[]> {
  // The order matters: each resource that is listed has its version in the ledger, or a release that has the lease of
  // its id.
  const resources = await listAppResources(context);
  const ledger = await context.lifecycle.store.read();
  const releases = await context.lifecycle.leases.list();
  return selectOrphans(resources, ledger, releases, context.clock.now());
}

/**
 * Selects the orphans among the resources. Pure. A resource is not an orphan if the ledger has its version, if a
 * release with its id runs, or if it is an image whose digest any version uses.
 *
 * @param ledger read after the resources
 * @param releases read after the ledger
 * @param now milliseconds since the epoch
 */
export function selectOrphans(
  resources: readonly AppResource[],
  ledger: Ledger,
  releases: Releases,
  now: number,
): Orphan[] {
  const digests = new Set(Object.values(ledger.versions).map(({ image }) => image.split("@").at(-1)));
  const orphans = resources.flatMap(({ kind, ids, name }): Orphan[] => {
    if (kind === "image" && digests.has(name)) return [];
    const reasons = ids.map((id) => orphanReason(kind, id, ledger, releases, now));
    const [reason] = reasons;
    return reason === undefined || reasons.includes(undefined) ? [] : [{ kind, id: ids[0]!, name, reason }];
  });
  const withStack = new Set(orphans.filter(({ kind }) => kind === "stack").map(({ id }) => id));
  return orphans
    .filter(({ kind, id }) => !IN_STACK.includes(kind) || !withStack.has(id))
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function orphanReason(
  kind: ResourceKind,
  id: string,
  ledger: Ledger,
  releases: Releases,
  now: number,
): string | undefined {
  if (releases.get(id) === "running") return undefined;
  const version = ledger.versions[id];
  if (version === undefined)
    return now - timeOfVersionId(id) < ORPHAN_AFTER_MS ? undefined : `${id} is not in the ledger`;
  const { state, retiredAt = now } = version;
  if (state !== "retired" || KEPT_AFTER_RETIREMENT.includes(kind) || now - retiredAt < ORPHAN_AFTER_MS)
    return undefined;
  return `${id} was retired ${formatAge(now - retiredAt)} ago`;
}
