import { type Hub, NEWS_EVENT } from "./page/hub.ts";
import { isSameState, type LockstepState, toState } from "./state.ts";

/** The state of a page as something that one can read and be told of: the same object until something changes. */
export interface Store extends Pick<Hub, "check"> {
  getState(): LockstepState;
  subscribe(listener: () => void): () => void;
}

/** A store over what the page script hears: told only what changed, and only after it did. */
export function createStore(hub: Hub, scope: Pick<Window, "addEventListener"> | undefined): Store {
  let state = toState(hub);
  const listeners = new Set<() => void>();
  let checking: Promise<void> | undefined;
  scope?.addEventListener(NEWS_EVENT, () => {
    const next = toState(hub);
    if (isSameState(state, next)) return;
    state = next;
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch (error) {
        reportError(error); // the other listeners still run
      }
    }
  });
  return {
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    check() {
      checking ??= hub.check().finally(() => {
        checking = undefined;
      });
      return checking;
    },
  };
}

/** Where no page script is: nothing is pinned, and nothing is ever heard. */
export const silentHub: Hub = {
  check: async () => {},
  gone: () => {},
  suspect: () => {},
  pin: String,
};
