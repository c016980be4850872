import type { Hub } from "./page/hub.ts";
import type { Store } from "./store.ts";
import { followWrites, type Writes } from "./writes.ts";

/** When a page reloads by itself: see `setPolicy()`. */
export type Policy = "prompt" | "idle" | "immediate";

export interface UpdatePolicy {
  set(policy: Policy): void;
  /** See `lockstep.busy()`. */
  busy(work?: PromiseLike<unknown>): () => void;
}

/** Reloads by the policy that was set last, and never while a write is under way or the app is busy. */
export function followPolicy(
  scope: Window,
  hub: Hub,
  store: Pick<Store, "getState" | "subscribe">,
  reload: () => void,
): UpdatePolicy {
  let policy: Policy = "prompt";
  let reloading = false;
  const working = new Set<object>();
  const consider = (): void => {
    if (reloading || policy === "prompt" || store.getState().status === "current") return;
    if (working.size > 0 || writes.count > 0) return;
    if (policy === "idle" && (scope.document.visibilityState !== "hidden" || hasUnsent())) return;
    reloading = true;
    reload();
  };
  const writes = followWrites(hub, consider);
  const hasUnsent = trackUnsentInput(scope, writes);
  store.subscribe(consider);
  scope.document.addEventListener("visibilitychange", consider);
  return {
    set(wanted) {
      policy = wanted;
      consider();
    },
    busy(work) {
      const mark = {};
      const end = (): void => {
        if (working.delete(mark)) consider();
      };
      working.add(mark);
      work?.then(end, end);
      return end;
    },
  };
}

/**
 * Whether something was typed or chosen that may not have been sent. It is sent when its form is submitted or reset. If its field
 * has left the page (a step of a wizard), it is also sent when a service accepted a write that began later. What programs fill
 * in does not count.
 */
function trackUnsentInput(scope: Window, writes: Writes): () => boolean {
  /** When each form, or field without one, was last changed. */
  const unsent = new Map<Element, number>();
  const formOf = (event: Event): Element => {
    const field = event.composedPath()[0] as HTMLInputElement;
    return field.form ?? field;
  };
  const note = (event: Event): void => {
    if (event.isTrusted) unsent.set(formOf(event), scope.performance.now());
  };
  scope.addEventListener("input", note, true);
  for (const end of ["submit", "reset"])
    scope.addEventListener(end, (event) => unsent.delete(event.target as Element), true);
  return () => {
    for (const [element, at] of unsent) {
      // By the prototype: a form may have a field called "getRootNode".
      const root = Node.prototype.getRootNode.call(element, { composed: true });
      if (root === scope.document || at > writes.savedAt) return true;
      unsent.delete(element);
    }
    return false;
  };
}
