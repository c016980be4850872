import { GONE_TYPE } from "@lockstep/edge/names";
import { markUnrouted } from "../janitor/mark-unrouted.ts";
import { METRIC_LAG_SECONDS } from "../janitor/policy.ts";
import { countRequests } from "../janitor/request-metric.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { edgeForgetsAfterMs } from "../lifecycle/lifecycle.ts";
import { refusal } from "../lifecycle/refusal.ts";
import { applyEvent, isAllowed, type LedgerEvent } from "../lifecycle/transitions.ts";
import { probeGone } from "../release/probe-edge.ts";
import { type OperationContext, originOf } from "./context.ts";

/** Which versions: all below one, or one. */
export type RecallTarget = { below: string } | { only: string };

export interface RecallOptions extends OperationContext {
  /** Whether to watch until no request reaches a recalled version any more. */
  wait: boolean;
}

export interface RecallResult {
  /** What was recalled now or by an earlier run that was killed, and still has its tasks. */
  recalled: string[];
  floor: string | undefined;
  /** Requests that reached each of them in the last minute that was counted; `undefined`: not known, absent: nobody looked. */
  stillAsking: Record<string, number | undefined>;
}

const MINUTE_MS = 60_000;
const LOOK_EVERY_MS = 15_000;
const PATIENCE_MS = 15 * 60_000;

/**
 * Forces pages off versions: at their next request they are told that their version is gone. What is counted afterwards is
 * requests that still reach a recalled version; those that the edge answers with "gone" do not.
 *
 *     ledger: recalled (draining) and the floor → map → pointer → every edge is seen answering "gone"
 *     → the load balancer counts no request to them any more
 *
 * What they run on is taken apart by the janitor, in its order.
 *
 * @throws LockstepError IS_CURRENT, VERSION_UNKNOWN, WRONG_STATE before anything is changed
 */
export async function recallVersions(target: RecallTarget, options: RecallOptions): Promise<RecallResult> {
  const { lifecycle, progress } = options;
  const ledger = await progress.step("Recall", async ({ note }) => {
    const ledger = await recallInLedger(target, options);
    await lifecycle.publishMap();
    await lifecycle.writePointer();
    await markUnrouted(options);
    note(`ledger revision ${ledger.revision}`);
    return ledger;
  });
  const recalled = chosen(target, ledger).filter((id) => ledger.versions[id]!.state === "draining");
  const result: RecallResult = { recalled, floor: ledger.floor, stillAsking: {} };
  if (recalled.length === 0) return result;
  await seeGone(recalled, options);
  if (options.wait) result.stillAsking = await watchUntilQuiet(recalled, ledger, options);
  return result;
}

async function recallInLedger(target: RecallTarget, options: RecallOptions): Promise<Ledger> {
  const { lifecycle, actor, reason = "recalled", clock } = options;
  return lifecycle.store.update((ledger) => {
    refuseImpossible(target, ledger);
    const events: Exclude<LedgerEvent, { type: "deploy" }>[] = [
      ...("below" in target ? [{ type: "raise-floor", id: target.below } as const] : []),
      ...chosen(target, ledger).map((id) => ({ type: "recall", id }) as const),
    ];
    return events
      .filter((event) => isAllowed(ledger, event))
      .reduce((next, event) => applyEvent(next, event, { actor, reason }, clock.now()), ledger);
  });
}

/** A recall that was carried out before is no refusal: what an earlier run left is finished. */
function refuseImpossible(target: RecallTarget, ledger: Ledger): void {
  const event: Exclude<LedgerEvent, { type: "deploy" }> =
    "below" in target ? { type: "raise-floor", id: target.below } : { type: "recall", id: target.only };
  const refused = refusal(ledger, event);
  if (refused === undefined || refused.code === "RECALLED") return;
  if ("below" in target && ledger.floor !== undefined && target.below <= ledger.floor) return;
  throw refused;
}

/** Versions that the recall is about; of those below a floor, those that have pages. */
function chosen(target: RecallTarget, { versions, current }: Ledger): string[] {
  if ("only" in target) return [target.only];
  return Object.keys(versions)
    .filter((id) => id < target.below && id !== current)
    .filter((id) => ["published", "superseded", "draining"].includes(versions[id]!.state))
    .sort();
}

/** As the probe of a release, the other way round: gone without a break for longer than an edge may remember the old map. */
async function seeGone(ids: readonly string[], options: RecallOptions): Promise<void> {
  const { config, progress, clock } = options;
  if (!config.protection.enabled) return;
  await progress.step("See it gone through the edge", async ({ note }) => {
    const origin = originOf(options);
    await Promise.all(
      ids.map((id) =>
        probeGone({ config, origin, id, clock, proofMs: edgeForgetsAfterMs(config), fetch: options.fetch }),
      ),
    );
    note(`${ids.length === 1 ? "it is" : `${ids.length} are`} answered ${GONE_TYPE}`);
  });
}

/** Looks at the load balancer's counts until a whole minute, all of it after the recall, had no request. */
async function watchUntilQuiet(
  ids: readonly string[],
  ledger: Ledger,
  options: RecallOptions,
): Promise<RecallResult["stillAsking"]> {
  const { clients, outputs, progress, clock } = options;
  const metrics = { cloudwatch: clients.cloudwatch, loadBalancerArn: outputs.loadBalancerArn };
  const since = clock.now();
  return progress.step("Wait until nobody reaches it", async (step) => {
    let toldUntil = 0;
    for (;;) {
      // The newest minute whose count must be there by now.
      const from = floorToMinute(clock.now() - METRIC_LAG_SECONDS * 1000) - MINUTE_MS;
      const span = { from, until: from + MINUTE_MS, periodSeconds: 60 };
      const counts = await countRequests(ids, ledger, span, metrics);
      if (from >= since && ids.every((id) => counts[id] === 0)) {
        step.note("no request in a whole minute");
        return counts;
      }
      if (span.until > toldUntil) step.say(`  ${countLine(ids, counts, { from, since })}`);
      toldUntil = span.until;
      if (clock.now() - since >= PATIENCE_MS) {
        step.note(`not seen quiet in ${PATIENCE_MS / MINUTE_MS} min`);
        return counts;
      }
      await clock.sleep(LOOK_EVERY_MS);
    }
  });
}

function countLine(
  ids: readonly string[],
  counts: RecallResult["stillAsking"],
  { from, since }: { from: number; since: number },
): string {
  const minute = `${new Date(from).toISOString().slice(11, 16)} UTC${from < since ? ", before the recall" : ""}`;
  return `${minute}: ${ids.map((id) => `${id} ${countWords(counts[id])}`).join("; ")}`;
}

function floorToMinute(at: number): number {
  return at - (at % MINUTE_MS);
}

function countWords(count: number | undefined): string {
  if (count === undefined) return "unknown";
  return count === 1 ? "1 request" : `${count} requests`;
}
