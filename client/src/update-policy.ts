import type { Store } from "./store.ts";

/** When a page reloads by itself: see `setPolicy()`. */
export type Policy = "prompt" | "idle" | "immediate";

/** Reloads by the policy that was set last; returns how to set it. */
export function followPolicy(
  scope: Window,
  store: Pick<Store, "getState" | "subscribe">,
  reload: () => void,
): (policy: Policy) => void {
  let policy: Policy = "prompt";
  let reloading = false;
  const hasUnsaved = trackUnsavedInput(scope);
  const consider = (): void => {
    if (reloading || policy === "prompt" || store.getState().status === "current") return;
    if (policy === "idle" && (scope.document.visibilityState !== "hidden" || hasUnsaved())) return;
    reloading = true;
    reload();
  };
  store.subscribe(consider);
  scope.document.addEventListener("visibilitychange", consider);
  return (wanted) => {
    policy = wanted;
    consider();
  };
}

/** Whether something was typed or chosen since its form was last sent or reset. Programs that fill in a form do not count. */
function trackUnsavedInput(scope: Window): () => boolean {
  const unsaved = new Set<Element>();
  const formOf = (event: Event): Element => {
    const field = event.target as HTMLInputElement;
    return field.form ?? field;
  };
  scope.addEventListener("input", (event) => event.isTrusted && unsaved.add(formOf(event)), true);
  for (const end of ["submit", "reset"])
    scope.addEventListener(end, (event) => unsaved.delete(event.target as Element), true);
  return () => [...unsaved].some((element) => element.isConnected);
}
