import type { Ledger, Version } from "../lifecycle/ledger.ts";
import { applyEvent, isAllowed, type LedgerEvent } from "../lifecycle/transitions.ts";
import type { Action } from "./plan-retirement.ts";
import type { RetireContext } from "./retire.ts";

/** Writes what was decided into the ledger, in one change. A version that moved on since it was seen is left alone. */
export async function markDecisions(
  actions: readonly Action[],
  seen: Ledger,
  { lifecycle, actor, clock }: Pick<RetireContext, "lifecycle" | "actor" | "clock">,
): Promise<void> {
  const decided = actions.filter((action) => action.do === "fail" || action.do === "drain");
  await lifecycle.store.update((ledger) =>
    decided.reduce((next, { do: type, id, reason }) => {
      const event = { type, id } as LedgerEvent & { type: "fail" | "drain" };
      const unchanged = sameStanding(seen.versions[id], next.versions[id]);
      return unchanged && isAllowed(next, event)
        ? applyEvent(next, event, { actor, reason }, clock.now())
        : next;
    }, ledger),
  );
}

/** Promoted and superseded again since we looked: what we know of its use is of another life. */
function sameStanding(a: Version | undefined, b: Version | undefined): boolean {
  return a?.state === b?.state && a?.supersededAt === b?.supersededAt && a?.publishedAt === b?.publishedAt;
}
