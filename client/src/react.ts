import { useSyncExternalStore } from "react";
import type { Lockstep, LockstepState } from "./lockstep.ts";

/** The page's version state, as a React hook. */
export function useLockstep(lockstep: Lockstep): LockstepState {
  return useSyncExternalStore(lockstep.subscribe, lockstep.getState);
}
