import { type ReactNode, useSyncExternalStore } from "react";
import { type Lockstep, type LockstepState, lockstep } from "./index.ts";

/** The page's version state, as a React hook. Renders again when it changes, and only then. */
export function useLockstep(): LockstepState {
  return useSyncExternalStore(lockstep.subscribe, lockstep.getState, lockstep.getState);
}

export interface UpdatePromptProps {
  /** What to show; called for every status, `current` too, so that the place of the prompt can be kept. */
  children: (state: LockstepState & Pick<Lockstep, "reload">) => ReactNode;
}

/** Headless: says when there is something to show and how to reload; how it looks is the app's. */
export function UpdatePrompt({ children }: UpdatePromptProps): ReactNode {
  return children({ ...useLockstep(), reload: lockstep.reload });
}
