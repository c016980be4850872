/** How long a new service worker may take to install and to take over; then the page reloads without it. */
const RENEWAL_MS = 5000;

/**
 * Before a reload: lets the newest service worker control this page. A worker that precaches the app's shell answers a reload
 * with its own version until a newer one replaces it, and a generated one waits to be asked (`{type: "SKIP_WAITING"}`).
 */
export async function renewServiceWorker(scope: Window): Promise<void> {
  const container = containerOf(scope);
  if (!container?.controller) return;
  const timeout = new Promise((resolve) => scope.setTimeout(resolve, RENEWAL_MS));
  // Offline, or the worker's file is gone: the reload brings what it can.
  await Promise.race([renew(container).catch(() => {}), timeout]);
}

/** Returns `undefined` without HTTPS and in a sandboxed frame, where reading the property throws. */
function containerOf(scope: Window): ServiceWorkerContainer | undefined {
  try {
    return scope.navigator.serviceWorker;
  } catch {
    return undefined;
  }
}

async function renew(container: ServiceWorkerContainer): Promise<void> {
  const controlled = nextEvent(container, "controllerchange");
  const registration = await container.getRegistration();
  await registration?.update();
  const worker = registration?.installing ?? registration?.waiting;
  if (!worker) return;
  while (worker.state === "installing") await nextEvent(worker, "statechange");
  if (worker.state === "redundant") return;
  worker.postMessage({ type: "SKIP_WAITING" });
  await controlled;
}

function nextEvent(target: EventTarget, type: string): Promise<Event> {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}
