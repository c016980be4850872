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
  /** @param asked a person asked for it */
  mayReload(asked: boolean): boolean;
  /** Right before the reload. */
  noteReload(): void;
}

/**
 * Makes a loop of reloads impossible. The tab counts reloads that brought the same version back (sessionStorage). Where that
 * memory is blocked or was cleared, a page that came by a reload and has never once been current does not reload by itself:
 * its reload did not help, and the next one would not either.
 */
export function reloadGuard(scope: Window, store: Pick<Store, "getState" | "subscribe">): ReloadGuard {
  const { version = "" } = store.getState();
  let wasCurrent = false;
  const look = (): void => {
    const { current, status } = store.getState();
    if (status !== "current" || current === undefined) return;
    wasCurrent = true; // it arrived: what comes after is another story
    forget(scope);
  };
  look();
  store.subscribe(look);
  if (readTries(scope)?.from !== version) forget(scope);

  const [navigation] = scope.performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return {
    mayReload(asked) {
      const tries = readTries(scope);
      if (tries !== undefined) return tries.count < MAX_TRIES;
      return asked || wasCurrent || navigation?.type !== "reload";
    },
    noteReload() {
      const count = (readTries(scope)?.count ?? 0) + 1;
      try {
        scope.sessionStorage.setItem(KEY, JSON.stringify({ from: version, count } satisfies Tries));
      } catch {
        // storage is blocked or full: the kind of the navigation is the memory
      }
    },
  };
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
