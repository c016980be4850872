import { applyEvent, isAllowed, type LedgerEvent } from "../lifecycle/transitions.ts";
import type { RetireContext } from "./retire.ts";

/** Only now, when a map without them was seen in SSM, does the time run after which no edge knows them. */
export async function markUnrouted({
  lifecycle,
  actor,
  clock,
}: Pick<RetireContext, "lifecycle" | "actor" | "clock">): Promise<void> {
  const map = await lifecycle.publishMap();
  await lifecycle.store.update((ledger) =>
    Object.keys(ledger.versions)
      .filter((id) => !Object.hasOwn(map.versions, id))
      .map((id): LedgerEvent & { type: "unroute" } => ({ type: "unroute", id }))
      .filter((event) => isAllowed(ledger, event))
      .reduce((next, event) => applyEvent(next, event, { actor }, clock.now()), ledger),
  );
}
