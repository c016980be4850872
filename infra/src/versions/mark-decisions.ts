import type { Ledger, Version } from "../lifecycle/ledger.ts";
import type { LaterEvent } from "../lifecycle/ledger-event.ts";
import { applyEvent, isAllowed } from "../lifecycle/transitions.ts";
import type { RetireContext } from "./retire.ts";

/** A decision about a version that the ledger records. */
export type RecordedDecision = { id: string; reason: string } & (
  | { do: "fail" | "drain" }
  /** `endsAt`: milliseconds since the epoch. */
  | { do: "announce"; endsAt: number }
);

/**
 * Records decisions in the ledger, in one change. Skips those that the ledger does not record, and every version whose
 * state changed since the plan was made.
 */
export async function markDecisions(
  decisions: readonly (RecordedDecision | { do: string })[],
  seen: Ledger,
  { lifecycle, actor, clock }: Pick<RetireContext, "lifecycle" | "actor" | "clock">,
): Promise<void> {
  const recorded = decisions.filter(isRecorded);
  await lifecycle.store.update((ledger) =>
    recorded.reduce((next, decision) => {
      const { id, reason } = decision;
      const event = eventOf(decision);
      const unchanged = isUnchanged(seen.versions[id], next.versions[id]);
      return unchanged && isAllowed(next, event)
        ? applyEvent(next, event, { actor, reason }, clock.now())
        : next;
    }, ledger),
  );
}

function isRecorded(decision: RecordedDecision | { do: string }): decision is RecordedDecision {
  return ["fail", "drain", "announce"].includes(decision.do);
}

function eventOf(decision: RecordedDecision): LaterEvent {
  const { id } = decision;
  return decision.do === "announce"
    ? { type: "announce", id, endsAt: decision.endsAt }
    : { type: decision.do, id };
}

/** Whether nothing happened in between. The evidence is outdated if the version was promoted and superseded again. */
function isUnchanged(a: Version | undefined, b: Version | undefined): boolean {
  return (
    a?.state === b?.state &&
    a?.supersededAt === b?.supersededAt &&
    a?.publishedAt === b?.publishedAt &&
    a?.endsAt === b?.endsAt
  );
}
