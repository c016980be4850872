import { GONE_TYPE } from "@lockstep/edge/names";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { LaterEvent } from "../lifecycle/ledger-event.ts";
import { oldMapsExpireAfterMs } from "../lifecycle/lifecycle.ts";
import { refusal } from "../lifecycle/refusal.ts";
import { applyEvent, isAllowed } from "../lifecycle/transitions.ts";
import { probeGone } from "../release/publish/probe-edge.ts";
import { eventsOf, type OperationContext, originOf } from "../versions/context.ts";
import { markUnrouted } from "../versions/mark-unrouted.ts";
import { METRIC_LAG_SECONDS } from "../versions/read-metrics.ts";
import { countRequests } from "../versions/request-metric.ts";

/** All versions below one, or one version. */
export type RecallTarget = { below: string } | { only: string };

export interface RecallOptions extends OperationContext {
  /** Whether to wait until no request reaches a recalled version. */
  wait: boolean;
}

export interface RecallResult {
  /** Versions recalled now, or by an earlier run that was killed, that still have tasks. */
  recalled: string[];
  floor: string | undefined;
  /** Requests to each of them in the last counted minute. `undefined`: unknown. Absent: not watched. */
  stillRequested: Record<string, number | undefined>;
}

const MINUTE_MS = 60_000;
const POLL_MS = 15_000;
const TIMEOUT_MS = 15 * 60_000;
const DEFAULT_REASON = "recalled";

/**
 * Forces pages off versions: their next request is answered with 409 (gone).
 *
 *     ledger: recalled (draining) and the floor → map → pointer → every edge answers "gone"
 *     → the load balancer counts no more requests to the versions
 *
 * The janitor then retires them. Requests that the edge answers with "gone" never reach the load balancer, so it does
 * not count them.
 *
 * @throws LockstepError IS_CURRENT, VERSION_UNKNOWN, WRONG_STATE before anything is changed
 */
export async function recallVersions(target: RecallTarget, options: RecallOptions): Promise<RecallResult> {
  const { lifecycle, progress } = options;
  const ledger = await progress.step("Recall", async ({ note }) => {
    const { ledger, newly } = await recallInLedger(target, options);
    await lifecycle.publishMap();
    await lifecycle.writePointer();
    await markUnrouted(options);
    await sendRecalled(newly, options);
    note(`ledger revision ${ledger.revision}`);
    return ledger;
  });
  const recalled = targets(target, ledger).filter((id) => ledger.versions[id]!.state === "draining");
  const result: RecallResult = { recalled, floor: ledger.floor, stillRequested: {} };
  if (recalled.length === 0) return result;
  await probeAllGone(recalled, options);
  if (options.wait) result.stillRequested = await waitUntilQuiet(recalled, ledger, options);
  return result;
}

/** @returns the ledger, and the versions that this call recalled */
async function recallInLedger(
  target: RecallTarget,
  options: RecallOptions,
): Promise<{ ledger: Ledger; newly: string[] }> {
  const { lifecycle, actor, reason = DEFAULT_REASON, clock } = options;
  let newly: string[] = [];
  const ledger = await lifecycle.store.update((ledger) => {
    refuseTarget(target, ledger);
    const events: LaterEvent[] = [
      ...("below" in target ? [{ type: "raise-floor", id: target.below } as const] : []),
      ...targets(target, ledger).map((id) => ({ type: "recall", id }) as const),
    ];
    const allowed = events.filter((event) => isAllowed(ledger, event));
    newly = allowed.filter(({ type }) => type === "recall").map(({ id }) => id);
    return allowed.reduce((next, event) => applyEvent(next, event, { actor, reason }, clock.now()), ledger);
  });
  return { ledger, newly };
}

async function sendRecalled(ids: readonly string[], options: RecallOptions): Promise<void> {
  const { config, actor, reason = DEFAULT_REASON } = options;
  await eventsOf(options)(
    ...ids.map((version) => ({
      type: "Version Recalled" as const,
      detail: { app: config.app, version, actor, reason },
    })),
  );
}

/** A target that was recalled before is not refused, so that this run finishes what an earlier one left. */
function refuseTarget(target: RecallTarget, ledger: Ledger): void {
  const event: LaterEvent =
    "below" in target ? { type: "raise-floor", id: target.below } : { type: "recall", id: target.only };
  const refused = refusal(ledger, event);
  if (refused === undefined || refused.code === "RECALLED") return;
  if ("below" in target && ledger.floor !== undefined && target.below <= ledger.floor) return;
  throw refused;
}

/** The versions to recall. Below a floor: those that pages can use. */
function targets(target: RecallTarget, { versions, current }: Ledger): string[] {
  if ("only" in target) return [target.only];
  return Object.keys(versions)
    .filter((id) => id < target.below && id !== current)
    .filter((id) => ["published", "superseded", "draining"].includes(versions[id]!.state))
    .sort();
}

/** Probes until every edge has answered "gone" without a break for longer than it may cache the old map. */
async function probeAllGone(ids: readonly string[], options: RecallOptions): Promise<void> {
  const { config, progress, clock } = options;
  if (!config.protection.enabled) return;
  await progress.step("Probe through the edge", async ({ note }) => {
    const origin = originOf(options);
    await Promise.all(
      ids.map((id) =>
        probeGone({ config, origin, id, clock, proofMs: oldMapsExpireAfterMs(config), fetch: options.fetch }),
      ),
    );
    note(`answered with ${GONE_TYPE}`);
  });
}

/** Reads the load balancer's counts until a whole minute after the recall had no request. */
async function waitUntilQuiet(
  ids: readonly string[],
  ledger: Ledger,
  options: RecallOptions,
): Promise<RecallResult["stillRequested"]> {
  const { clients, outputs, progress, clock } = options;
  const metrics = { cloudwatch: clients.cloudwatch, loadBalancerArn: outputs.loadBalancerArn };
  const since = clock.now();
  return progress.step("Wait for the last requests", async (step) => {
    let reportedUntil = 0;
    for (;;) {
      // The newest minute whose count CloudWatch must have by now.
      const from = floorToMinute(clock.now() - METRIC_LAG_SECONDS * 1000) - MINUTE_MS;
      const span = { from, until: from + MINUTE_MS, periodSeconds: 60 };
      const counts = await countRequests(ids, ledger, span, metrics);
      if (from >= since && ids.every((id) => counts[id] === 0)) {
        step.note("no requests for a whole minute");
        return counts;
      }
      if (span.until > reportedUntil) step.say(`  ${countLine(ids, counts, { from, since })}`);
      reportedUntil = span.until;
      if (clock.now() - since >= TIMEOUT_MS) {
        step.note(`still requests after ${TIMEOUT_MS / MINUTE_MS} min`);
        return counts;
      }
      await clock.sleep(POLL_MS);
    }
  });
}

function countLine(
  ids: readonly string[],
  counts: RecallResult["stillRequested"],
  { from, since }: { from: number; since: number },
): string {
  const minute = `${new Date(from).toISOString().slice(11, 16)} UTC${from < since ? ", before the recall" : ""}`;
  return `${minute}: ${ids.map((id) => `${id} ${countText(counts[id])}`).join("; ")}`;
}

function floorToMinute(at: number): number {
  return at - (at % MINUTE_MS);
}

function countText(count: number | undefined): string {
  if (count === undefined) return "unknown";
  return count === 1 ? "1 request" : `${count} requests`;
}
