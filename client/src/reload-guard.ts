import type { Store } from "./store.ts";

/** Reloads that may bring no newer version before we stop trying. */
const MAX_TRIES = 2;
/** How long the count survives a navigation to another page. */
const MEMORY_MS = 60_000;
const KEY = "lockstep-reloads";

/** What the tab remembers over a reload. */
interface Tries {
  /** The newest version that the tab reloaded from: stale caches may return several old versions in turn. */
  from: string;
  count: number;
  /** Time of the last counted reload, in milliseconds since the epoch. */
  at: number;
}

export interface ReloadGuard {
  /** Whether another reload may help. */
  mayReload(): boolean;
  /** To be called right before the reload. It counts when the page really goes: the user may cancel it. */
  noteReload(): void;
}

/**
 * Makes a loop of reloads impossible. The tab counts reloads that brought no newer version (sessionStorage). If that memory is
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
  const before = readTries(scope);
  // Some apps navigate to their home page after every reload. Such a navigation must not reset the count.
  const isRecent = !!before && Math.abs(Date.now() - before.at) < MEMORY_MS;
  if (!cameByReload && !isRecent) forget(scope);
  else if (before && version > before.from) write(scope, { ...before, from: version, count: 0 });
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

function remember(scope: Window, version: string, tries: number): void {
  const before = readTries(scope) ?? { from: version, count: 0, at: 0 };
  const from = before.from > version ? before.from : version;
  write(scope, { from, count: before.count + tries, at: tries > 0 ? Date.now() : before.at });
}

function write(scope: Window, tries: Tries): void {
  try {
    scope.sessionStorage.setItem(KEY, JSON.stringify(tries));
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
