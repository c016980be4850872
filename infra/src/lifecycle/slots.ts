import { LockstepError } from "../base/lockstep-error.ts";
import { MAX_VERSIONS } from "../config/protection.ts";
import type { Ledger } from "./ledger.ts";

/** The number of versions that own a slot. */
export function livingCount(ledger: Ledger): number {
  return Object.values(ledger.versions).filter(({ slot }) => slot !== undefined).length;
}

/**
 * The lowest slot, 1 to 90, that no version owns.
 *
 * @throws LockstepError NO_FREE_SLOT if all are used, so that a release is refused before it creates anything
 */
export function freeSlot(ledger: Ledger): number {
  const taken = new Set(Object.values(ledger.versions).map(({ slot }) => slot));
  for (let slot = 1; slot <= MAX_VERSIONS; slot++) {
    if (!taken.has(slot)) return slot;
  }
  throw new LockstepError("NO_FREE_SLOT", `All ${MAX_VERSIONS} slots are used by running versions.`);
}
