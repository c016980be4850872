import { isRoutable, type Ledger, type Version } from "../../lifecycle/ledger.ts";
import type { RetirementPolicy } from "./policy.ts";

/**
 * Superseded versions that are kept for a rollback: among the versions older than current (a rollback always goes to an
 * older one), those that were current last, up to the number and the time of the policy. Leaves room for the next
 * release. Recalled versions are never kept.
 */
export function keptForRollback(
  { versions, floor, current = "" }: Ledger,
  { rollbackVersions, rollbackSeconds, maxVersions }: RetirementPolicy,
  now: number,
): ReadonlySet<string> {
  // Room for current and for the next release.
  const most = Math.min(rollbackVersions, maxVersions - 2);
  const candidates = Object.entries(versions).filter(
    ([id, { state, promotedAt, recalledAt, supersededAt }]) =>
      isRoutable(state) &&
      id < current &&
      promotedAt !== undefined &&
      supersededAt !== undefined &&
      recalledAt === undefined &&
      (floor === undefined || id >= floor),
  );
  const lastFirst = candidates.sort(([, a], [, b]) => b.supersededAt! - a.supersededAt!);
  const kept = lastFirst.slice(0, Math.max(0, most)).filter(([, version]) => isInTime(version));
  return new Set(kept.map(([id]) => id));

  function isInTime({ supersededAt }: Version): boolean {
    return now < supersededAt! + rollbackSeconds * 1000;
  }
}
