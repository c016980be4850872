import { HUB } from "./page/hub.ts";
import { reloadGuard } from "./reload-guard.ts";
import { renewServiceWorker } from "./service-worker.ts";
import type { LockstepState } from "./state.ts";
import { createStore, silentHub } from "./store.ts";
import { showStuckMessage } from "./stuck-message.ts";
import { followPolicy, type Policy } from "./update-policy.ts";

/** Timeout for all callbacks of `onBeforeReload` together. When it expires, the page reloads. */
const BEFORE_RELOAD_MS = 3000;

/** The API of Lockstep for an app, one object per page. */
export interface Lockstep extends LockstepState {
  /** Returns the whole state as one object. It is a new object after each change and the same object otherwise. */
  getState(): LockstepState;
  /** Calls `listener` after each change. Returns a function that unsubscribes it. */
  subscribe(listener: () => void): () => void;
  /**
   * Asks the edge for the current version, without a pin or a cache. A failed check changes nothing and throws nothing.
   */
  check(): Promise<void>;
  /**
   * Adds this page's pin to the address of a service, for requests that the browser makes:
   * `img.src = lockstep.pin("/api/chart.png")`. Other addresses are returned unchanged.
   */
  pin(address: string | URL): string;
  /**
   * Runs the callbacks of `onBeforeReload`, activates a newer service worker, and reloads the page at the same path,
   * query and hash. If two reloads brought no newer version, it shows a message instead (see `onStuck`).
   */
  reload(): Promise<void>;
  /**
   * Calls `save` before Lockstep reloads the page, to save drafts. `save` may return a promise: the reload waits up to
   * 3 s for it. An error in `save` is reported with `reportError()` and does not stop the reload. Returns a function
   * that removes `save`.
   */
  onBeforeReload(save: () => unknown): () => void;
  /**
   * Sets when the page reloads automatically because another version is current. `prompt` (default): never; the app
   * asks the user. `idle`: when the tab is hidden and has no unsent input. `immediate`: at once. `idle` and `immediate`
   * wait while the app is `busy()` or a request other than GET, HEAD and OPTIONS is pending.
   */
  setPolicy(policy: Policy): void;
  /**
   * Prevents automatic reloads until the returned function is called or `work` settles, for example during a call, an
   * upload in a worker, or while a drawing is unsaved. `reload()` does not wait for it.
   */
  busy(work?: PromiseLike<unknown>): () => void;
  /** Replaces the built-in message that appears when reloading does not help. */
  onStuck(show: () => void): void;
}

/**
 * Creates the API on top of the page script. Without a page script (dev server, server-side rendering) the state never
 * changes.
 */
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
  /** Concurrent calls share one reload. A policy may cancel its reload; a call by the app overrides that. */
  const reloadOnce = (mayReload = always): Promise<void> => {
    if (!reloading || mayReload === always) isWanted = mayReload;
    reloading ??= reload().finally(() => {
      reloading = undefined;
    });
    return reloading;
  };
  const policy = scope && followPolicy(scope, hub, store, reloadOnce);
  // A lazy chunk could not be loaded: the network failed, or this version's files were deleted.
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

/**
 * Runs all callbacks concurrently, and waits until all have ended or the timeout expires. A failed callback is reported
 * and does not stop the reload.
 */
async function runAll(savers: Iterable<() => unknown>): Promise<void> {
  const saving = [...savers].map(async (save) => save());
  const saved = Promise.all(saving.map((one) => one.catch(reportError)));
  await Promise.race([saved, new Promise((resolve) => setTimeout(resolve, BEFORE_RELOAD_MS))]);
}
