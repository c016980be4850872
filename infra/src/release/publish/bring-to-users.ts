import { isFailure, LockstepError } from "../../base/lockstep-error.ts";
import type { Ledger } from "../../lifecycle/ledger.ts";
import type { Cause, LedgerEvent } from "../../lifecycle/ledger-event.ts";
import type { Lifecycle } from "../../lifecycle/lifecycle.ts";
import { eventsOf, type OperationContext, originOf } from "../../versions/context.ts";
import { probeEdge } from "./probe-edge.ts";
import { verifyPage } from "./verify-page.ts";

export interface ReleaseResult {
  id: string;
  /** The version that was current before. */
  previous?: string;
  /**
   * `overtaken`: another version was promoted before the page of this one was verified, or a newer one before this one
   * was promoted (then it is only published). `unchanged`: the release does not promote.
   */
  page: "seen" | "overtaken" | "unchanged";
  origin: string;
  ledger: Ledger;
}

/** Publishes the version in ledger and map, after its files and targets were verified. */
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
  await eventsOf(options)({ type: "Version Published", detail: detailOf(id, options) });
}

/** Probes a published version through the edge, then promotes it. */
export async function bringToUsers(
  id: string,
  options: OperationContext & { promote: boolean },
): Promise<ReleaseResult> {
  const { config, lifecycle, progress, clock } = options;
  const origin = originOf(options);
  await progress.step("Probe through the edge", async ({ note }) =>
    // Without protection the edge ignores pins, so the version cannot be requested before it is current.
    note(
      config.protection.enabled
        ? `${await probeEdge({ config, origin, id, clock, fetch: options.fetch })} answers of the new version`
        : "not possible while protection.enabled is false",
    ),
  );
  if (!options.promote) return { id, page: "unchanged", origin, ledger: await lifecycle.store.read() };
  try {
    // A newer version wins, even if its release started later and finished first.
    const promotion = await promoteInLedger(id, "newer", options);
    const { previous, ledger } = promotion;
    return { id, previous, page: await pointAndVerify(id, promotion, options), origin, ledger };
  } catch (error) {
    if (!isFailure(error, "OVERTAKEN")) throw error;
    return { id, page: "overtaken", origin, ledger: await lifecycle.store.read() };
  }
}

export interface Promotion {
  /** The version was current before; nothing was changed. */
  already: boolean;
  /** The version that was current before. */
  previous?: string | undefined;
  ledger: Ledger;
}

/**
 * Makes the version current in the ledger and the map. From here on it is current, even if a later step fails. If
 * another process promoted it before, that is not a failure.
 *
 * @throws LockstepError OVERTAKEN if `unless` applies
 */
export async function promoteInLedger(
  id: string,
  unless: Extract<LedgerEvent, { type: "promote" }>["unless"],
  options: OperationContext,
): Promise<Promotion> {
  const { lifecycle, progress } = options;
  return progress.step("Promote", async ({ note }) => {
    const seen = await lifecycle.store.read();
    const already = seen.current === id;
    const ledger = already ? seen : await applyOwn({ type: "promote", id, unless }, options, lifecycle);
    note(`map revision ${(await lifecycle.publishMap()).r}`);
    return { already, previous: already ? undefined : seen.current, ledger };
  });
}

/** Writes the pointer, always after the map, and verifies the page. HTML must only name a version in the map. */
export async function pointAndVerify(
  id: string,
  { already, previous }: Pick<Promotion, "already" | "previous">,
  options: OperationContext,
): Promise<"seen" | "overtaken"> {
  const { config, lifecycle, progress, clock } = options;
  await progress.step("Update the pointer", () => lifecycle.writePointer());
  if (!already)
    await eventsOf(options)({ type: "Version Promoted", detail: { ...detailOf(id, options), previous } });
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

function detailOf(version: string, { config, actor, reason }: OperationContext) {
  return { app: config.app, version, actor, reason };
}

/** Applies an event of this release. If it is refused, another process took the release for dead and ended it. */
async function applyOwn(event: LedgerEvent, { actor, reason }: Cause, lifecycle: Lifecycle): Promise<Ledger> {
  try {
    return await lifecycle.apply(event, { actor, reason });
  } catch (error) {
    if (!isFailure(error, "WRONG_STATE") && !isFailure(error, "VERSION_UNKNOWN")) throw error;
    throw new LockstepError("RELEASE_LOST", (error as Error).message, { cause: error });
  }
}
