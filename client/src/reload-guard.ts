import type { Store } from "./store.ts";

/** Maximum number of reloads that bring no newer version. */
const MAX_TRIES = 2;
/** How long the count survives a navigation to another page. */
const MEMORY_MS = 60_000;
const KEY = "lockstep-reloads";

/** Record in sessionStorage, which survives a reload. */
interface Tries {
  /** The newest version that the tab reloaded from. Stale caches may return several old versions in turn. */
  from: string;
  count: number;
  /** Time of the last counted reload, in milliseconds since the epoch. */
  at: number;
}

export interface ReloadGuard {
  /** Whether another reload may help. */
  mayReload(): boolean;
  /** Must be called right before the reload. The reload counts once the page unloads: the user may cancel it. */
  noteReload(): void;
}

/**
 * Prevents reload loops. sessionStorage counts the tab's reloads that brought no newer version. If it is blocked or was
 * cleared, a page that was loaded by a reload and was never current does not reload again by code: the reload did not
 * help, so the next one would not either. The user may still reload with a button.
 */
export function reloadGuard(scope: Window, store: Pick<Store, "getState" | "subscribe">): ReloadGuard {
  const { version = "" } = store.getState();
  let wasCurrent = false;
  let isLeaving = false;
  const look = (): void => {
    const { current, status } = store.getState();
    if (status !== "current" || current === undefined) return;
    wasCurrent = true; // the reload succeeded, so the next one starts a new count
    forget(scope);
  };
  look();
  store.subscribe(look);

  const [navigation] = scope.performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const cameByReload = navigation?.type === "reload";
  const before = readTries(scope);
  // Some apps navigate to their home page after every reload. Such a navigation must not reset the count.
  const isRecent = !!before && Math.abs(Date.now() - before.at) < MEMORY_MS;
  if (!cameByReload && !isRecent) forget(scope);
  else if (before && version > before.from) write(scope, { ...before, from: version, count: 0 });
  scope.addEventListener("pagehide", () => {
    // Also written when no reload was counted: after a reload by the user, the record then shows that code did not
    // cause it.
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

/** Whether the current event is a click, key press or touch by the user. */
function isPressed(event: Event | undefined): boolean {
  return !!event?.isTrusted && /^(click|key|pointer|touch)/.test(event.type);
}

function remember(scope: Window, version: string, tries: number): void {
  const before = readTries(scope) ?? { from: version, count: 0, at: 0 };
  const from = before.from > version ? before.from : version;
  write(scope, { from, count: before.count + tries, at: tries > 0 ? Date.now() : before.at });
}

function write(scope: Window, tries: Tries): void {
  try {
    scope.sessionStorage.setItem(KEY, JSON.stringify(tries));
  } catch {
    // storage is blocked or full: mayReload() then uses the navigation type
  }
}

function readTries(scope: Window): Tries | undefined {
  try {
    return JSON.parse(scope.sessionStorage.getItem(KEY) ?? "") as Tries;
  } catch {
    return undefined; // there is no record, or storage is blocked
  }
}

function forget(scope: Window): void {
  try {
    scope.sessionStorage.removeItem(KEY);
  } catch {
    // storage is blocked, so there is no record
  }
}
