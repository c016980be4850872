import type { Store } from "./store.ts";

/** Reloads that may bring the same version back before we stop trying. */
const MAX_TRIES = 2;
const KEY = "lockstep-reloads";

/** What the tab remembers over a reload: from which version it went, and how often. */
interface Tries {
  from: string;
  count: number;
}

export interface ReloadGuard {
  /** Whether another reload may help. */
  mayReload(): boolean;
  /** To be called right before the reload. It counts when the page really goes: the user may cancel it. */
  noteReload(): void;
}

/**
 * Makes a loop of reloads impossible. The tab counts reloads that brought the same version back (sessionStorage). If that memory is
 * blocked or was cleared, a page that came by a reload and has never been current does not reload again, whichever code asks for
 * it: its reload did not help, and the next one would not either. A press of a button is not code: the user may try.
 */
export function reloadGuard(scope: Window, store: Pick<Store, "getState" | "subscribe">): ReloadGuard {
  const { version = "" } = store.getState();
  let wasCurrent = false;
  let isLeaving = false;
  const look = (): void => {
    const { current, status } = store.getState();
    if (status !== "current" || current === undefined) return;
    wasCurrent = true; // it arrived: the next reload is the first of a new count
    forget(scope);
  };
  look();
  store.subscribe(look);

  const [navigation] = scope.performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const cameByReload = navigation?.type === "reload";
  if (!cameByReload || readTries(scope)?.from !== version) forget(scope);
  scope.addEventListener("pagehide", () => {
    // Also without a try: a memory that is there says that the user reloaded the page, not we.
    remember(scope, version, isLeaving ? 1 : 0);
    isLeaving = false;
  });
  return {
    mayReload() {
      const tries = readTries(scope);
      if (tries !== undefined) return tries.count < MAX_TRIES;
      return wasCurrent || !cameByReload || isPressed(scope.event as Event | undefined);
    },
    noteReload() {
      isLeaving = true;
    },
  };
}

/** Whether the user presses something right now. */
function isPressed(event: Event | undefined): boolean {
  return !!event?.isTrusted && /^(click|key|pointer|touch)/.test(event.type);
}

function remember(scope: Window, from: string, tries: number): void {
  const count = (readTries(scope)?.count ?? 0) + tries;
  try {
    scope.sessionStorage.setItem(KEY, JSON.stringify({ from, count } satisfies Tries));
  } catch {
    // storage is blocked or full: the kind of the navigation is the memory
  }
}

function readTries(scope: Window): Tries | undefined {
  try {
    return JSON.parse(scope.sessionStorage.getItem(KEY) ?? "") as Tries;
  } catch {
    return undefined; // nothing remembered, or storage is blocked
  }
}

function forget(scope: Window): void {
  try {
    scope.sessionStorage.removeItem(KEY);
  } catch {
    // storage is blocked: there is nothing to forget
  }
}
