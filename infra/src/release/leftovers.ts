import { finishRetirement, type RetireContext } from "../janitor/retire.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { applyEvent, isAllowed, type LedgerEvent } from "../lifecycle/transitions.ts";

/**
 * Ends what killed releases left: what was not published is failed, what was not promoted drains (the janitor finishes
 * that, after every edge forgot it). In the ledger only, so it is quick.
 *
 * @param seen a ledger that was read before the leases
 * @returns ids of failed versions that can be removed
 */
export async function endKilledReleases(
  seen: Ledger,
  releases: ReadonlyMap<string, "running" | "died">,
  { lifecycle, actor, clock }: Pick<RetireContext, "lifecycle" | "actor" | "clock">,
): Promise<string[]> {
  const events = Object.entries(seen.versions).flatMap(([id, { state }]): EndEvent[] => {
    const release = releases.get(id);
    if (state === "deploying" && release !== "running") return [{ type: "fail", id }];
    if (state === "published" && release === "died") return [{ type: "drain", id }];
    return [];
  });
  const ledger = await lifecycle.store.update((ledger) =>
    events
      .filter((event) => isAllowed(ledger, event))
      .reduce(
        (next, event) => applyEvent(next, event, { actor, reason: "its release was killed" }, clock.now()),
        ledger,
      ),
  );
  if (events.some(({ type }) => type === "drain")) await lifecycle.publishMap();
  return Object.entries(ledger.versions)
    .filter(([id, { state }]) => state === "failed" && releases.get(id) !== "running")
    .map(([id]) => id);
}

type EndEvent = LedgerEvent & { type: "fail" | "drain" };

/** Deletes what failed versions run on, beside the builds of the new one. @returns what could not be removed, in words */
export async function removeFailed(ids: readonly string[], context: RetireContext): Promise<string[]> {
  const outcomes = await Promise.allSettled(ids.map((id) => finishRetirement(id, context)));
  return outcomes.flatMap((outcome, index) => {
    if (outcome.status === "rejected") return [`${ids[index]}: ${(outcome.reason as Error).message}`];
    return outcome.value === "retired" ? [] : [`${ids[index]}: ${outcome.value}`];
  });
}
