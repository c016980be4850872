import type { Ledger } from "./ledger.ts";
import { LockstepError } from "./lockstep-error.ts";

/**
 * Priorities 1 to 90 of the listener are for versions: an ALB has 100 target groups (Elastic Load Balancing quota, not
 * adjustable), and a version owns one. Past it `CreateStack` would fail half way, so the release is refused before.
 */
export const MAX_SLOT = 90;

/** How many versions own a rule now. */
export function livingCount(ledger: Ledger): number {
  return Object.values(ledger.versions).filter(({ slot }) => slot !== undefined).length;
}

/**
 * The lowest slot that no version owns.
 *
 * @throws LockstepError NO_FREE_SLOT when all are taken
 */
export function freeSlot(ledger: Ledger): number {
  const taken = new Set(Object.values(ledger.versions).map(({ slot }) => slot));
  for (let slot = 1; slot <= MAX_SLOT; slot++) {
    if (!taken.has(slot)) return slot;
  }
  throw new LockstepError("NO_FREE_SLOT", `All ${MAX_SLOT} slots are held by versions that still run.`);
}
