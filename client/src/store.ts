import { type Hub, NEWS_EVENT } from "./page/hub.ts";
import { isSameState, type LockstepState, toState } from "./state.ts";

/** Readable and observable state of a page. `getState()` returns the same object until something changes. */
export interface Store extends Pick<Hub, "check"> {
  getState(): LockstepState;
  subscribe(listener: () => void): () => void;
}

/** Creates a store from the page script's news. Listeners run after the state changed. */
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

/** Hub of a page without a page script. It pins nothing and never has news. */
export const silentHub: Hub = {
  check: async () => {},
  gone: () => {},
  suspect: () => {},
  pin: String,
};
