import { formatVersionId } from "@lockstep/edge/version-id";
import type { Clock } from "../base/clock.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { LEASE_RENEWAL_SECONDS, type Lease, type LeaseStore } from "../lifecycle/release-lease.ts";

/** An id that only this release has, for as long as it holds it. */
export interface HeldId {
  id: string;
  /** Whether it is still ours, or somebody took the release over, or took it for dead and ended it. */
  standing(): Promise<"ours" | "taken" | "gone">;
  /** Stops saying that the release lives: nothing of it is left to be cleaned up. */
  end(): Promise<void>;
  /** Lets the lease run out, so that others take this release for dead and finish what it could not. */
  abandon(): void;
}

/** So many seconds ahead an id is looked for: releases of one commit in the same second take the next one. */
const SECONDS_AHEAD = 30;

/**
 * Takes the first free id from now on, and keeps its lease alive. The id is newer than every version that there is, whatever
 * this machine's clock says: ids sort by age, and a rollback, a floor and a later release rely on it.
 *
 * @param onTrouble called when a renewal failed; the release goes on, and the ledger decides in the end
 */
export async function holdVersionId(
  commit: string,
  ledger: Ledger,
  leases: LeaseStore,
  { clock, onTrouble }: { clock: Clock; onTrouble: (error: Error) => void },
): Promise<HeldId> {
  const startedAt = Math.max(clock.now(), secondOf(newestId(ledger)) + 1000);
  for (let second = 0; second < SECONDS_AHEAD; second++) {
    const id = formatVersionId(startedAt + second * 1000, commit);
    const lease = Object.hasOwn(ledger.versions, id) ? undefined : await leases.take(id);
    if (lease !== undefined) return hold(id, lease, onTrouble);
  }
  throw new LockstepError("VERSION_EXISTS", `No id of ${commit.slice(0, 7)} is free at this moment.`);
}

function newestId({ versions, floor }: Ledger): string | undefined {
  return [...Object.keys(versions), ...(floor === undefined ? [] : [floor])].sort().at(-1);
}

/** `20261122-101500-…` in milliseconds since the epoch. */
function secondOf(id: string | undefined): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(id ?? "") ?? [];
  if (parts.length === 0) return 0;
  const [year, month, day, hours, minutes, seconds] = parts.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hours, minutes, seconds);
}

/**
 * Takes over the lease of a release that died.
 *
 * @throws LockstepError NOTHING_TO_RESUME when it lives, or somebody else goes on with it
 */
export async function takeOver(
  id: string,
  leases: LeaseStore,
  onTrouble: (error: Error) => void,
): Promise<HeldId> {
  const lease = await leases.takeOver(id);
  if (lease === undefined)
    throw new LockstepError(
      "NOTHING_TO_RESUME",
      `${id}: its release still runs, or another process has resumed it.`,
    );
  return hold(id, lease, onTrouble);
}

function hold(id: string, lease: Lease, onTrouble: (error: Error) => void): HeldId {
  const renew = async () => {
    const standing = await lease.renew();
    if (standing !== "ours")
      onTrouble(new Error(`another process has ${standing === "taken" ? "taken it over" : "removed it"}`));
  };
  const timer = setInterval(() => {
    renew().catch(onTrouble);
  }, LEASE_RENEWAL_SECONDS * 1000);
  timer.unref();
  return {
    id,
    standing: () => lease.renew(),
    async end() {
      clearInterval(timer);
      await lease.end();
    },
    abandon: () => clearInterval(timer),
  };
}
