import { LockstepError } from "../base/lockstep-error.ts";
import { isRoutable, type Ledger } from "../lifecycle/ledger.ts";
import { LEASE_SECONDS, type Releases } from "../lifecycle/release-lease.ts";
import { matchCapacity } from "../versions/match-capacity.ts";
import { retireContext } from "../versions/retire.ts";
import type { WebFile } from "./build/web-files.ts";
import { deployVersion } from "./deploy/deploy-version.ts";
import { takeOver } from "./lease-holder.ts";
import { preflight } from "./preflight.ts";
import { bringToUsers, publishVersion, type ReleaseResult } from "./publish/bring-to-users.ts";
import { type ReleaseOptions, reportLeaseFailure, withLease } from "./release.ts";

export interface ResumeOptions extends Omit<ReleaseOptions, "build" | "readGit"> {
  /** Default: the newest version whose release was killed. */
  id?: string;
  /** Reads the files of an earlier build of the version on this machine; `undefined` if there are none. */
  readBuilt: (id: string) => Promise<WebFile[] | undefined>;
}

/**
 * Resumes a killed release from wherever it stopped. Builds nothing: files that are not in the bucket must still be in
 * the build folder.
 *
 * @throws LockstepError NOTHING_TO_RESUME; otherwise what `release` throws, after undoing the release in the same way
 */
export async function resumeRelease(options: ResumeOptions): Promise<ReleaseResult> {
  const { lifecycle, progress } = options;
  const { id, ledger, lease } = await progress.step("Preflight", async ({ note }) => {
    const releases = await lifecycle.leases.list();
    const id = await chooseOrExplain(releases, options);
    const lease = await takeOver(id, lifecycle.leases, reportLeaseFailure(progress));
    const { ledger } = await preflight(retireContext(options), id);
    note(`${id}, ${ledger.versions[id]?.state}`);
    return { id, ledger, lease };
  });
  return withLease(lease, options, async () => {
    if (ledger.versions[id]?.state === "deploying") {
      const files = await options.readBuilt(id);
      const targetGroupArn = await progress.step("Deploy", (step) =>
        deployVersion(id, files && { files }, ledger, { ...options, progress: step }),
      );
      await publishVersion(id, targetGroupArn, options);
    } else {
      await lifecycle.publishMap();
      await progress.step("Scale up", async ({ note }) =>
        note(await matchCapacity(id, ledger.versions[id]!.targetGroupArn!, ledger, options)),
      );
    }
    return bringToUsers(id, { ...options, promote: options.promote && !ledger.versions[id]?.held });
  });
}

/** Chooses a release. If a release still counts as running, the error says from when on it can be resumed. */
async function chooseOrExplain(releases: Releases, { lifecycle, id }: ResumeOptions): Promise<string> {
  const ledger = await lifecycle.store.read();
  try {
    return chooseResumable(ledger, releases, id);
  } catch (cause) {
    const alive = id ?? [...releases.keys()].sort().findLast((one) => releases.get(one) === "running");
    const holder = alive === undefined ? undefined : await lifecycle.leases.read(alive);
    if (holder === undefined) throw cause;
    const { host, renewedAt } = holder;
    const until = new Date(renewedAt + LEASE_SECONDS * 1000).toISOString();
    throw new LockstepError(
      "NOTHING_TO_RESUME",
      `${(cause as Error).message} The release of ${alive} was running on ${host.split("/", 1)[0]} at ${new Date(renewedAt).toISOString()}. If it no longer runs, you can resume it from ${until} on.`,
      { cause },
    );
  }
}

/** @throws LockstepError NOTHING_TO_RESUME with the reason */
export function chooseResumable(ledger: Ledger, releases: Releases, wanted: string | undefined): string {
  const resumable = Object.keys(ledger.versions)
    .filter(
      (id) => ["deploying", "published"].includes(ledger.versions[id]!.state) && releases.get(id) === "died",
    )
    .sort();
  const id = wanted ?? resumable.at(-1);
  if (id === undefined)
    throw new LockstepError("NOTHING_TO_RESUME", "No release was killed before it promoted its version.");
  if (resumable.includes(id)) return id;
  throw new LockstepError("NOTHING_TO_RESUME", `${id} cannot be resumed: ${whyNot(id, ledger, releases)}.`);
}

function whyNot(id: string, ledger: Ledger, releases: Releases): string {
  const state = ledger.versions[id]?.state;
  if (state === undefined) return "it is not in the ledger";
  if (releases.get(id) === "running") return "its release is running";
  if (isRoutable(state)) return `it is ${state}, and no release of it was killed`;
  return `it is ${state}`;
}
