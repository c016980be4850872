import { HUB } from "./page/hub.ts";
import { reloadGuard } from "./reload-guard.ts";
import { renewServiceWorker } from "./service-worker.ts";
import type { LockstepState } from "./state.ts";
import { createStore, silentHub } from "./store.ts";
import { showStuckMessage } from "./stuck-message.ts";
import { followPolicy, type Policy } from "./update-policy.ts";

/** How long callbacks of `onBeforeReload` may take all together; then the page reloads without the rest. */
const BEFORE_RELOAD_MS = 3000;

/** What an app sees of Lockstep: one per page. */
export interface Lockstep extends LockstepState {
  /** Version, current, status and end in one object that is new with every change: what a store's reader compares. */
  getState(): LockstepState;
  /** Calls `listener` after every change; returns how to stop. */
  subscribe(listener: () => void): () => void;
  /** Asks the edge what is current, unpinned and uncached. A failed check is silence: it changes nothing and throws nothing. */
  check(): Promise<void>;
  /**
   * Returns the address with this page's pin, for what the browser requests by itself: `img.src = lockstep.pin("/api/chart.png")`.
   * An address that leads elsewhere is returned as it is.
   */
  pin(address: string | URL): string;
  /**
   * Runs the callbacks of `onBeforeReload`, lets a newer service worker take over, and reloads the page at the same path, query and
   * hash. When two reloads have brought this version back, it shows a message instead (`onStuck`).
   */
  reload(): Promise<void>;
  /** Called before a reload of ours: the moment to save drafts. May be asynchronous, for up to 3 s. Returns how to stop. */
  onBeforeReload(save: () => unknown): () => void;
  /**
   * When a page reloads by itself because another version is current. `prompt` (default): never, the app asks. `idle`: when its
   * tab is hidden and nothing typed is unsent. `immediate`: at once. `idle` and `immediate` wait while a request that changes
   * something is under way, and while the app is `busy()`.
   */
  setPolicy(policy: Policy): void;
  /**
   * Keeps the policies from reloading until the returned function is called, or until `work` is settled: a call in progress, a
   * drawing that is not saved, an upload in a worker. `reload()` does not wait for it.
   */
  busy(work?: PromiseLike<unknown>): () => void;
  /** Instead of the message of our own, when reloading does not help. */
  onStuck(show: () => void): void;
}

/** The page's versions, over what the page script hears. Without a page script (the dev server, a server) it hears nothing. */
export function createLockstep(scope: Window | undefined): Lockstep {
  const hub = scope?.[HUB] ?? silentHub;
  const store = createStore(hub, scope);
  const stop = { show: () => showStuckMessage(scope!.document) };
  const savers = new Set<() => unknown>();
  const guard = scope && reloadGuard(scope, store);
  const reload = async (): Promise<void> => {
    if (!scope || !guard) return;
    if (!guard.mayReload()) return stop.show();
    await runAll(savers);
    await renewServiceWorker(scope);
    if (!isWanted()) return;
    guard.noteReload();
    scope.location.reload();
  };
  let reloading: Promise<void> | undefined;
  const always = (): boolean => true;
  let isWanted = always;
  /** Several calls share one reload. A call by the app takes precedence over a policy, which may cancel its reload. */
  const reloadOnce = (mayReload = always): Promise<void> => {
    if (!reloading || mayReload === always) isWanted = mayReload;
    reloading ??= reload().finally(() => {
      reloading = undefined;
    });
    return reloading;
  };
  const policy = scope && followPolicy(scope, hub, store, reloadOnce);
  // A lazy chunk could not be loaded: by a flaky network, or because the files of this version were deleted with it.
  scope?.addEventListener("vite:preloadError", hub.suspect);

  return {
    get version() {
      return store.getState().version;
    },
    get current() {
      return store.getState().current;
    },
    get status() {
      return store.getState().status;
    },
    get endsAt() {
      return store.getState().endsAt;
    },
    getState: store.getState,
    subscribe: store.subscribe,
    check: store.check,
    pin: hub.pin,
    reload: () => reloadOnce(),
    onBeforeReload(save) {
      savers.add(save);
      return () => savers.delete(save);
    },
    setPolicy: (wanted) => policy?.set(wanted),
    busy: (work) => policy?.busy(work) ?? (() => {}),
    onStuck(show) {
      stop.show = show;
    },
  };
}

/** All at once; one that fails is reported and stops nothing, one that hangs is not waited for. */
async function runAll(savers: Iterable<() => unknown>): Promise<void> {
  const saving = [...savers].map(async (save) => save());
  const saved = Promise.all(saving.map((one) => one.catch(reportError)));
  await Promise.race([saved, new Promise((resolve) => setTimeout(resolve, BEFORE_RELOAD_MS))]);
}
