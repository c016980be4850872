import { HUB, type Hub } from "./hub.ts";
import { undoAll } from "./patches.ts";
import { dropPin, hidePins, setPin } from "./pin.ts";
import { pinConnections } from "./pin-connections.ts";
import { pinRequests } from "./pin-requests.ts";
import { hub, watchVersions } from "./watch.ts";

/**
 * Pins the requests of this page or worker to its services. A second call does nothing, because it finds the first
 * one's hub.
 *
 * @param paths path patterns of the services, separated by spaces
 * @param pollMs interval of status checks, and of heartbeats
 * @param pinPage pins the requests that only pages can make
 */
export function install(version: string, paths: string, pollMs: number, pinPage?: () => void): void {
  if (HUB in globalThis) return;
  (globalThis as { [HUB]?: Hub })[HUB] = hub;
  const off = isOff();
  setPin(version, paths);
  watchVersions(version, pollMs, (reported) => {
    isOff(reported);
    if (!reported) return;
    dropPin();
    undoAll();
  });
  if (off) dropPin();
  else {
    hidePins();
    pinRequests();
    pinConnections();
    pinPage?.();
  }
}

const OFF = "lockstep-off";

/**
 * Stores `reported`, if it is given, and returns whether the page script is switched off in this browser. Then the next
 * page does not install it at all. Workers have no storage; they learn it from the news that a page shares.
 */
function isOff(reported?: boolean): boolean {
  try {
    const { localStorage } = globalThis;
    if (reported) localStorage[OFF] = 1;
    if (reported === false) delete localStorage[OFF];
    return OFF in localStorage;
  } catch {
    return false; // storage is blocked or full, so each page learns it from its status check
  }
}
