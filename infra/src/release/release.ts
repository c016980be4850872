import type { AwsClients } from "../aws/clients.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { RetireContext } from "../janitor/retire.ts";
import type { Clock } from "../lifecycle/clock.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import { isFailure, LockstepError } from "../lifecycle/lockstep-error.ts";
import type { Cause, LedgerEvent } from "../lifecycle/transitions.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";
import { type Built, buildVersion } from "./build-version.ts";
import { deployVersion } from "./deploy-version.ts";
import { type HeldId, holdVersionId } from "./lease-holder.ts";
import { removeFailed } from "./leftovers.ts";
import { type Preflight, preflight } from "./preflight.ts";
import { probeEdge } from "./probe-edge.ts";
import type { Progress } from "./progress.ts";
import { undoRelease } from "./undo-release.ts";
import { verifyPage } from "./verify-page.ts";

export interface ReleaseOptions {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  clients: AwsClients;
  lifecycle: Lifecycle;
  /** Who releases, for the history. */
  actor: string;
  reason?: string;
  /** Releases what no commit holds. */
  allowDirty: boolean;
  progress: Progress;
  clock: Clock;
}

export interface ReleaseResult {
  id: string;
  /** What was current before. */
  previous?: string;
  /** `overtaken`: another release became current before this one's page was seen. */
  page: "seen" | "overtaken";
  origin: string;
  ledger: Ledger;
}

/** What removing a failed version may take. */
const CLEANUP_MS = 15 * 60_000;

/**
 * Makes a version and brings it to readers, in this order (docs/operations.md says what each step leaves when it is the last):
 *
 *     preflight → build web and API → ledger: deploying → files ∥ stack → verify both → ledger: published, map
 *     → probe through the edge → ledger: current, map → pointer → verify the page
 *
 * Up to `current` a failure is undone and current is untouched; killed, it is finished or undone by the next run.
 *
 * @throws LockstepError, or AWS's own error; `progress` has said what is left
 */
export async function release(options: ReleaseOptions): Promise<ReleaseResult> {
  const { config, lifecycle, progress, clock, actor } = options;
  const context = retireContext(options);
  const { ready, held } = await progress.step("Preflight", async (note) => {
    const ready = await preflight({ config, lifecycle, context, allowDirty: options.allowDirty });
    const held = await holdVersionId(ready.git.commit, ready.ledger, lifecycle.leases, {
      clock,
      onTrouble: (error) => progress.say(`  The lease of this release was not renewed: ${error.message}`),
    });
    note(held.id);
    return { ready, held };
  });
  const cleaning = cleanUp(ready.failed, context, progress);
  try {
    const built = await buildVersion(held.id, options);
    await cleaning;
    return await bringToReaders(held.id, built, ready, options);
  } catch (error) {
    const left = await undoRelease(held.id, error, context).catch(
      (cause: Error) => `${held.id} could not be taken back (${cause.message}); the janitor does it.`,
    );
    progress.say(left);
    throw error;
  } finally {
    await cleaning;
    await endLease(held, progress);
  }

  function retireContext({ outputs, clients }: ReleaseOptions): RetireContext {
    const deadline = clock.now() + CLEANUP_MS;
    return { config, outputs, clients, lifecycle, actor, clock, deadline, log: () => {} };
  }
}

async function bringToReaders(
  id: string,
  built: Built,
  { git }: Preflight,
  options: ReleaseOptions,
): Promise<ReleaseResult> {
  const { config, outputs, lifecycle, progress, clock, actor, reason } = options;
  const cause = { actor, reason };
  const targetGroupArn = await deployVersion(id, built, git, options);
  await progress.step("Publish", async (note) => {
    await applyOwn({ type: "publish", id, targetGroupArn }, cause, lifecycle);
    note(`map revision ${(await lifecycle.publishMap()).r}`);
  });
  const origin = (config.edge.publicUrl ?? `https://${outputs.distributionDomain}`).replace(/\/$/, "");
  await progress.step("Probe through the edge", async (note) =>
    // Without protection the edge knows no pins: nobody can ask for the new version before it is current.
    note(
      config.protection.enabled
        ? `${await probeEdge({ config, origin, id, clock })} answers of the new version`
        : "not possible while protection.enabled is false",
    ),
  );
  const { previous, ledger } = await progress.step("Promote", async (note) => {
    const previous = (await lifecycle.store.read()).current;
    const ledger = await applyOwn({ type: "promote", id }, cause, lifecycle);
    note(`map revision ${(await lifecycle.publishMap()).r}`);
    return { previous, ledger };
  });
  await progress.step("Point new pages at it", () => lifecycle.writePointer());
  const page = await progress.step("Verify the page", () =>
    verifyPage({
      origin,
      id,
      cookie: config.protection.enabled,
      readCurrent: async () => (await lifecycle.store.read()).current,
      clock,
    }),
  );
  return { id, previous, page, origin, ledger };
}

/** The next step of a version that is ours; that it is not allowed means that somebody took this release for dead. */
async function applyOwn(event: LedgerEvent, cause: Cause, lifecycle: Lifecycle): Promise<Ledger> {
  try {
    return await lifecycle.apply(event, cause);
  } catch (error) {
    if (!isFailure(error, "WRONG_STATE") && !isFailure(error, "VERSION_UNKNOWN")) throw error;
    throw new LockstepError("RELEASE_LOST", (error as Error).message, { cause: error });
  }
}

/** Beside the build: the stacks of versions that failed before. Trouble there is told and does not stop a release. */
async function cleanUp(ids: readonly string[], context: RetireContext, progress: Progress): Promise<void> {
  if (ids.length === 0) return;
  await progress.step("Remove failed versions", async (note) => {
    const left = await removeFailed(ids, context);
    note(left.length === 0 ? ids.join(", ") : `left to the janitor: ${left.join("; ")}`);
  });
}

async function endLease(held: HeldId, progress: Progress): Promise<void> {
  await held.end().catch((error: Error) => {
    progress.say(`  The lease of ${held.id} was not removed (${error.message}); the janitor does it.`);
  });
}
