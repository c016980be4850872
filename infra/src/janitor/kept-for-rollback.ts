import { isRoutable, type Ledger, type Version } from "../lifecycle/ledger.ts";
import type { RetirementPolicy } from "./policy.ts";

/**
 * Superseded versions that stay for a rollback: of those older than current (back is always older) the last that were current, as
 * many and as long as the policy says. Never so many that the next release would find no room; and not what was recalled, to which
 * nobody goes back.
 */
export function keptForRollback(
  { versions, floor, current = "" }: Ledger,
  { rollbackVersions, rollbackSeconds, maxVersions }: RetirementPolicy,
  now: number,
): ReadonlySet<string> {
  // Room for current, and for the one that is released next.
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
