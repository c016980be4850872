import { formatVersionId, timeOfVersionId } from "@lockstep/edge/version-id";
import type { Clock } from "../base/clock.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import {
  LEASE_RENEWAL_SECONDS,
  type Lease,
  type LeaseStatus,
  type LeaseStore,
} from "../lifecycle/release-lease.ts";

/** The lease that this release holds on its version id. */
export interface ReleaseLease {
  id: string;
  /** Renews the lease. `taken`: another process resumed the release. `removed`: another process ended it. */
  renew(): Promise<LeaseStatus>;
  /** Removes the lease: nothing of the release is left to clean up. */
  end(): Promise<void>;
  /** Stops renewing the lease, so that other processes take the release for dead and finish or undo it. */
  abandon(): void;
}

/** How many ids are tried. Concurrent releases of one commit take the next second. */
const SECONDS_AHEAD = 30;

/**
 * Takes the first free id from now on, and keeps renewing its lease. The id is newer than every existing version, even
 * if the clock of this machine is wrong, because rollbacks, floors and later releases rely on ids that sort by age.
 *
 * @param onFailure called if a renewal fails. The release continues, and the ledger decides
 */
export async function takeVersionId(
  commit: string,
  ledger: Ledger,
  leases: LeaseStore,
  { clock, onFailure }: { clock: Clock; onFailure: (error: Error) => void },
): Promise<ReleaseLease> {
  const newest = newestId(ledger);
  const from = newest === undefined ? clock.now() : Math.max(clock.now(), timeOfVersionId(newest) + 1000);
  for (let second = 0; second < SECONDS_AHEAD; second++) {
    const id = formatVersionId(from + second * 1000, commit);
    const lease = Object.hasOwn(ledger.versions, id) ? undefined : await leases.take(id);
    if (lease !== undefined) return keepRenewed(id, lease, onFailure);
  }
  throw new LockstepError(
    "VERSION_EXISTS",
    `No version id of the commit ${commit.slice(0, 7)} is free at the moment.`,
  );
}

function newestId({ versions, floor }: Ledger): string | undefined {
  return [...Object.keys(versions), ...(floor === undefined ? [] : [floor])].sort().at(-1);
}

/**
 * Takes over the lease of a release that died.
 *
 * @throws LockstepError NOTHING_TO_RESUME if it still runs, or another process has resumed it
 */
export async function takeOver(
  id: string,
  leases: LeaseStore,
  onFailure: (error: Error) => void,
): Promise<ReleaseLease> {
  const lease = await leases.takeOver(id);
  if (lease === undefined)
    throw new LockstepError(
      "NOTHING_TO_RESUME",
      `${id}: its release still runs, or another process has resumed it.`,
    );
  return keepRenewed(id, lease, onFailure);
}

function keepRenewed(id: string, lease: Lease, onFailure: (error: Error) => void): ReleaseLease {
  const renewOrReport = async () => {
    const status = await lease.renew();
    if (status !== "ours")
      onFailure(new Error(`another process has ${status === "taken" ? "taken it over" : "removed it"}`));
  };
  const timer = setInterval(() => {
    renewOrReport().catch(onFailure);
  }, LEASE_RENEWAL_SECONDS * 1000);
  timer.unref();
  return {
    id,
    renew: () => lease.renew(),
    async end() {
      clearInterval(timer);
      await lease.end();
    },
    abandon: () => clearInterval(timer),
  };
}
