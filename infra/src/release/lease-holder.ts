import { formatVersionId } from "@lockstep/edge/version-id";
import type { Clock } from "../lifecycle/clock.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { LockstepError } from "../lifecycle/lockstep-error.ts";
import { LEASE_RENEWAL_SECONDS, type LeaseStore } from "../lifecycle/release-lease.ts";

/** An id that only this release has, for as long as it holds it. */
export interface HeldId {
  id: string;
  /** Stops saying that the release lives: nothing of it is left to be cleaned up. */
  end(): Promise<void>;
  /** Lets the lease run out, so that others take this release for dead and finish what it could not. */
  abandon(): void;
}

/** So many seconds ahead an id is looked for: releases of one commit in the same second take the next one. */
const SECONDS_AHEAD = 30;

/**
 * Takes the first free id from now on, and keeps its lease alive.
 *
 * @param onTrouble called when a renewal failed; the release goes on, and the ledger decides in the end
 */
export async function holdVersionId(
  commit: string,
  ledger: Ledger,
  leases: LeaseStore,
  { clock, onTrouble }: { clock: Clock; onTrouble: (error: Error) => void },
): Promise<HeldId> {
  const startedAt = clock.now();
  for (let second = 0; second < SECONDS_AHEAD; second++) {
    const id = formatVersionId(startedAt + second * 1000, commit);
    if (Object.hasOwn(ledger.versions, id) || !(await leases.take(id))) continue;
    return hold(id, leases, onTrouble);
  }
  throw new LockstepError("VERSION_EXISTS", `No id of ${commit.slice(0, 7)} is free at this moment.`);
}

/** Takes the lease of a release that died. */
export async function takeOver(
  id: string,
  leases: LeaseStore,
  onTrouble: (error: Error) => void,
): Promise<HeldId> {
  await leases.renew(id);
  return hold(id, leases, onTrouble);
}

function hold(id: string, leases: LeaseStore, onTrouble: (error: Error) => void): HeldId {
  const timer = setInterval(() => {
    leases.renew(id).catch(onTrouble);
  }, LEASE_RENEWAL_SECONDS * 1000);
  timer.unref();
  return {
    id,
    async end() {
      clearInterval(timer);
      await leases.end(id);
    },
    abandon: () => clearInterval(timer),
  };
}
