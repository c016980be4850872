import type { Progress } from "../base/progress.ts";
import type { OperationContext } from "../versions/context.ts";
import { removeLeftovers } from "../versions/leftovers.ts";
import { type RetireContext, retireContext } from "../versions/retire.ts";
import type { BuildVersion, Built } from "./build/build-version.ts";
import type { GitState } from "./build/git-state.ts";
import { deployVersion, enterVersion } from "./deploy/deploy-version.ts";
import { type ReleaseLease, takeVersionId } from "./lease-holder.ts";
import { type Preflight, preflight } from "./preflight.ts";
import { bringToUsers, publishVersion, type ReleaseResult } from "./publish/bring-to-users.ts";
import { undoRelease } from "./undo-release.ts";

export interface ReleaseOptions extends OperationContext {
  /** Builds frontend and image of a version. */
  build: BuildVersion;
  /** Reads the commit. Throws if it cannot be released. */
  readGit: () => Promise<GitState>;
  /** `false`: publishes the version, but keeps the current one for new pages. */
  promote: boolean;
}

/**
 * Creates a version and makes it current, in this order. docs/operations.md lists what exists if the release stops
 * after a step.
 *
 *     preflight → build web and API → ledger: deploying → files ∥ stack → verify both → ledger: published, map
 *     → probe through the edge → ledger: current, map → pointer → verify the page
 *
 * A failure before `current` is undone, and current is unchanged. If the release is killed, the next run finishes or
 * undoes it.
 *
 * @throws LockstepError, or an error of AWS, after `progress` has shown what remains
 */
export async function release(options: ReleaseOptions): Promise<ReleaseResult> {
  const { lifecycle, progress, clock } = options;
  const context = retireContext(options);
  const { git, leftovers, lease } = await progress.step("Preflight", async ({ note }) => {
    const git = await options.readGit();
    const { ledger, ...leftovers } = await preflight(context);
    const lease = await takeVersionId(git.commit, ledger, lifecycle.leases, {
      clock,
      onFailure: reportLeaseFailure(progress),
    });
    note(lease.id);
    return { git, leftovers, lease };
  });
  const cleaning = cleanUp(leftovers, context, progress);
  return withLease(lease, options, async () => {
    const built = await options.build(lease.id, options);
    await cleaning;
    return await deployAndPromote(lease.id, built, git, options);
  }).finally(() => cleaning);
}

async function deployAndPromote(
  id: string,
  built: Built,
  git: GitState,
  options: ReleaseOptions,
): Promise<ReleaseResult> {
  const targetGroupArn = await options.progress.step("Deploy", async (step) => {
    const held = !options.promote;
    const ledger = await enterVersion(id, built, { git, held }, { ...options, progress: step });
    return deployVersion(id, built, ledger, { ...options, progress: step });
  });
  await publishVersion(id, targetGroupArn, options);
  return bringToUsers(id, options);
}

/** Runs the work of a release that holds the lease of an id. Undoes and reports a failure. */
export async function withLease<Result>(
  lease: ReleaseLease,
  options: OperationContext,
  work: () => Promise<Result>,
): Promise<Result> {
  const { progress } = options;
  try {
    const result = await work();
    await endLease(lease, progress);
    return result;
  } catch (error) {
    await undo(lease, error, options);
    throw error;
  }
}

/** Undoes a failed release. Keeps the lease if that fails, so that the next run knows that something is left. */
async function undo(lease: ReleaseLease, failure: unknown, options: OperationContext): Promise<void> {
  const { progress } = options;
  try {
    if ((await lease.renew()) === "taken") {
      lease.abandon();
      progress.say(`Another process resumed the release of ${lease.id}; nothing of it was changed.`);
      return;
    }
    progress.say(await undoRelease(lease.id, failure, retireContext(options)));
  } catch (cause) {
    lease.abandon();
    progress.say(
      `Could not undo the release of ${lease.id} (${(cause as Error).message}); the janitor undoes it.`,
    );
    return;
  }
  await endLease(lease, progress);
}

async function endLease(lease: ReleaseLease, { say }: Progress): Promise<void> {
  await lease.end().catch((error: Error) => {
    say(`  Could not remove the lease of ${lease.id} (${error.message}); the janitor removes it.`);
  });
}

export function reportLeaseFailure({ say }: Progress): (error: Error) => void {
  return (error) => say(`  Could not renew this release's lease: ${error.message}`);
}

/** Removes what failed releases left, in parallel to the build. Reports failures, which do not stop the release. */
async function cleanUp(
  leftovers: Omit<Preflight, "ledger">,
  context: RetireContext,
  progress: Progress,
): Promise<void> {
  const ids = [...leftovers.failed, ...leftovers.stacks];
  if (ids.length === 0) return;
  await progress.step("Remove failed versions", async ({ note }) => {
    const left = await removeLeftovers(leftovers, context);
    note(left.length === 0 ? ids.join(", ") : `left to the janitor: ${left.join("; ")}`);
  });
}
