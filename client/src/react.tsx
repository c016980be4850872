import { type ReactNode, useSyncExternalStore } from "react";
import { type Lockstep, type LockstepState, lockstep } from "./index.ts";

/** React hook that returns the page's version state. The component renders again only when the state changes. */
export function useLockstep(): LockstepState {
  return useSyncExternalStore(lockstep.subscribe, lockstep.getState, lockstep.getState);
}

export interface UpdatePromptProps {
  /** Renders the prompt. Called for every status, also `current`, so that the layout can reserve its space. */
  children: (state: LockstepState & Pick<Lockstep, "reload">) => ReactNode;
}

/** Headless component: passes the state and `reload` to the app, which renders the prompt. */
export function UpdatePrompt({ children }: UpdatePromptProps): ReactNode {
  return children({ ...useLockstep(), reload: lockstep.reload });
}
