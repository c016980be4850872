import type { Ledger, Version } from "../lifecycle/ledger.ts";
import type { LedgerEvent } from "../lifecycle/ledger-event.ts";
import { applyEvent, isAllowed } from "../lifecycle/transitions.ts";
import type { Action } from "./plan-retirement.ts";
import type { Upkeep } from "./plan-upkeep.ts";
import type { RetireContext } from "./retire.ts";

/** Decisions of a plan that are recorded in the ledger. */
type Marked = (Action & { do: "fail" | "drain" }) | (Upkeep & { do: "announce" });

/** Records decisions in the ledger, in one change. Skips a version whose state changed since the plan was made. */
export async function markDecisions(
  decisions: readonly (Action | Upkeep)[],
  seen: Ledger,
  { lifecycle, actor, clock }: Pick<RetireContext, "lifecycle" | "actor" | "clock">,
): Promise<void> {
  const decided = decisions.filter((one): one is Marked => ["fail", "drain", "announce"].includes(one.do));
  await lifecycle.store.update((ledger) =>
    decided.reduce((next, decision) => {
      const { id, reason } = decision;
      const event = eventOf(decision);
      const unchanged = isUnchanged(seen.versions[id], next.versions[id]);
      return unchanged && isAllowed(next, event)
        ? applyEvent(next, event, { actor, reason }, clock.now())
        : next;
    }, ledger),
  );
}

function eventOf(decision: Marked): Exclude<LedgerEvent, { type: "deploy" }> {
  const { id } = decision;
  return decision.do === "announce"
    ? { type: "announce", id, endsAt: decision.endsAt }
    : { type: decision.do, id };
}

/** Whether nothing happened to the version in between. If it was promoted and superseded again, the evidence of its use is outdated. */
function isUnchanged(a: Version | undefined, b: Version | undefined): boolean {
  return (
    a?.state === b?.state &&
    a?.supersededAt === b?.supersededAt &&
    a?.publishedAt === b?.publishedAt &&
    a?.endsAt === b?.endsAt
  );
}
