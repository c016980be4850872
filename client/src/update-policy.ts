import type { Hub } from "./page/hub.ts";
import type { Store } from "./store.ts";
import { followWrites, type Writes } from "./writes.ts";

/** When a page reloads automatically: see `lockstep.setPolicy()`. */
export type Policy = "prompt" | "idle" | "immediate";

export interface UpdatePolicy {
  set(policy: Policy): void;
  /** See `lockstep.busy()`. */
  busy(work?: PromiseLike<unknown>): () => void;
}

/**
 * Reloads the page according to the last policy, but never during a write or while the app is busy.
 *
 * @param reload must call `isWanted` right before it reloads: the user may have returned while the app saved its state
 */
export function followPolicy(
  scope: Window,
  hub: Hub,
  store: Pick<Store, "getState" | "subscribe">,
  reload: (isWanted: () => boolean) => void,
): UpdatePolicy {
  let policy: Policy = "prompt";
  let reloading = false;
  const working = new Set<object>();
  const isWanted = (): boolean => {
    if (policy === "prompt" || store.getState().status === "current") return false;
    if (working.size > 0 || writes.count > 0) return false;
    return policy === "immediate" || (scope.document.visibilityState === "hidden" && !hasUnsent());
  };
  const consider = (): void => {
    if (reloading || !isWanted()) return;
    reloading = true;
    reload(() => {
      reloading = isWanted();
      return reloading;
    });
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
 * Returns a function that reports whether the page has user input that may be unsent. Input counts as sent when its
 * form is submitted or reset. If its field has left the page (a wizard step), input also counts as sent when a service
 * accepted a write that began later. Input by scripts does not count.
 */
function trackUnsentInput(scope: Window, writes: Writes): () => boolean {
  /** Form, or field without a form → time of the last input. */
  const unsent = new Map<Element, number>();
  const formOf = (event: Event): Element => {
    const field = event.composedPath()[0] as HTMLInputElement;
    return field.form ?? field;
  };
  const note = (event: Event): void => {
    if (event.isTrusted) unsent.set(formOf(event), scope.performance.now());
  };
  /** An editor may cancel a paste and insert the text itself. */
  const notePaste = (event: Event): void => {
    if ((event.composedPath()[0] as HTMLElement).isContentEditable) note(event);
  };
  const sent = (event: Event): unknown => unsent.delete(event.target as Element);
  const listen = (window: EventTarget): void => {
    // Editors that render the text themselves cancel "beforeinput", so the browser sends no "input".
    for (const type of ["beforeinput", "input"]) window.addEventListener(type, note, true);
    for (const type of ["paste", "drop"]) window.addEventListener(type, notePaste, true);
    for (const type of ["submit", "reset"]) window.addEventListener(type, sent, true);
    window.addEventListener("blur", followFocus);
  };
  // Some editors run in a frame. This window does not receive the frame's events.
  const followFocus = ({ currentTarget }: Event): void => {
    let focused = focusedIn((currentTarget as Window).document) as HTMLIFrameElement | null;
    // `contentDocument` is null for another origin. Frames may be nested.
    while (focused?.contentDocument) {
      listen(focused.contentWindow!);
      focused = focusedIn(focused.contentDocument) as HTMLIFrameElement | null;
    }
  };
  listen(scope);
  return () => {
    for (const [element, at] of unsent) {
      // From the prototype: a field named "getRootNode" hides the form's own method.
      const root = Node.prototype.getRootNode.call(element, { composed: true });
      // A displayed document has a window, also in a frame.
      if ((root as Document).defaultView || at > writes.savedAt) return true;
      unsent.delete(element);
    }
    return false;
  };
}

/** Returns the element that has the focus, also in open shadow roots. */
function focusedIn({ activeElement }: DocumentOrShadowRoot): Element | null {
  return (activeElement?.shadowRoot && focusedIn(activeElement.shadowRoot)) || activeElement;
}
