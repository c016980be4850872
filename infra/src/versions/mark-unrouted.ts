import type { LedgerEvent } from "../lifecycle/ledger-event.ts";
import { applyEvent, isAllowed } from "../lifecycle/transitions.ts";
import type { RetireContext } from "./retire.ts";

/**
 * Publishes the map, and records in the ledger which versions are no longer in it. From this moment on every edge drops
 * them within the TTL of the map.
 */
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
