import type { Ledger } from "../lifecycle/ledger.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import { isFailure, LockstepError } from "../lifecycle/lockstep-error.ts";
import type { Cause, LedgerEvent } from "../lifecycle/transitions.ts";
import { type OperationContext, originOf } from "../operations/context.ts";
import { probeEdge } from "./probe-edge.ts";
import type { ReleaseOptions } from "./release.ts";
import { verifyPage } from "./verify-page.ts";

export interface ReleaseResult {
  id: string;
  /** What was current before. */
  previous?: string;
  /**
   * `overtaken`: another version became current before this one's page was seen, or a newer one before it was promoted (then
   * it is published). `unchanged`: it was not to be promoted.
   */
  page: "seen" | "overtaken" | "unchanged";
  origin: string;
  ledger: Ledger;
}

/** Enters the map: files and targets were verified. */
export async function publishVersion(
  id: string,
  targetGroupArn: string,
  options: OperationContext,
): Promise<void> {
  const { lifecycle, progress } = options;
  await progress.step("Publish", async ({ note }) => {
    await applyOwn({ type: "publish", id, targetGroupArn }, options, lifecycle);
    note(`map revision ${(await lifecycle.publishMap()).r}`);
  });
}

/** What a published version still needs: to be seen through the edge, then to be what new pages get. */
export async function toReaders(id: string, options: ReleaseOptions): Promise<ReleaseResult> {
  const { config, lifecycle, progress, clock } = options;
  const origin = originOf(options);
  await progress.step("Probe through the edge", async ({ note }) =>
    // Without protection the edge knows no pins: nobody can ask for the new version before it is current.
    note(
      config.protection.enabled
        ? `${await probeEdge({ config, origin, id, clock, fetch: options.fetch })} answers of the new version`
        : "not possible while protection.enabled is false",
    ),
  );
  if (!options.promote) return { id, page: "unchanged", origin, ledger: await lifecycle.store.read() };
  try {
    // The newer version wins, however long the older one's release took.
    const { previous, ledger } = await promoteInLedger(id, "newer", options);
    return { id, previous, page: await pointAndVerify(id, options), origin, ledger };
  } catch (error) {
    if (!isFailure(error, "OVERTAKEN")) throw error;
    return { id, page: "overtaken", origin, ledger: await lifecycle.store.read() };
  }
}

/**
 * The version is current from here on, whatever fails later. One that somebody else made current is no failure.
 *
 * @throws LockstepError OVERTAKEN when `unless` says so
 */
export async function promoteInLedger(
  id: string,
  unless: Extract<LedgerEvent, { type: "promote" }>["unless"],
  options: OperationContext,
): Promise<{ previous: string | undefined; ledger: Ledger }> {
  const { lifecycle, progress } = options;
  return progress.step("Promote", async ({ note }) => {
    const seen = await lifecycle.store.read();
    const previous = seen.current === id ? undefined : seen.current;
    const ledger =
      seen.current === id ? seen : await applyOwn({ type: "promote", id, unless }, options, lifecycle);
    note(`map revision ${(await lifecycle.publishMap()).r}`);
    return { previous, ledger };
  });
}

/** After the map, always: HTML points at what the edge can reach. */
export async function pointAndVerify(id: string, options: OperationContext): Promise<"seen" | "overtaken"> {
  const { config, lifecycle, progress, clock } = options;
  await progress.step("Point new pages at it", () => lifecycle.writePointer());
  return progress.step("Verify the page", () =>
    verifyPage({
      origin: originOf(options),
      base: config.web.base,
      id,
      cookie: config.protection.enabled,
      readCurrent: async () => (await lifecycle.store.read()).current,
      clock,
      fetch: options.fetch,
    }),
  );
}

/** The next step of a version that is ours; that it is not allowed means that somebody took this release for dead. */
async function applyOwn(event: LedgerEvent, { actor, reason }: Cause, lifecycle: Lifecycle): Promise<Ledger> {
  try {
    return await lifecycle.apply(event, { actor, reason });
  } catch (error) {
    if (!isFailure(error, "WRONG_STATE") && !isFailure(error, "VERSION_UNKNOWN")) throw error;
    throw new LockstepError("RELEASE_LOST", (error as Error).message, { cause: error });
  }
}
