import { HUB, type Hub } from "./hub.ts";
import { undoAll } from "./patches.ts";
import { dropPin, hidePins, setPin } from "./pin.ts";
import { pinConnections } from "./pin-connections.ts";
import { pinRequests } from "./pin-requests.ts";
import { hub, watchVersions } from "./watch.ts";

/**
 * Pins the requests of this page or worker to its services. A second call finds the hub of the first and does nothing.
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
 * Stores `reported`, if it is given, and returns whether the page script is switched off in this browser. If the value
 * is stored, the next page replaces no native function. Workers have no storage, so they rely on the news that a page
 * shares.
 */
function isOff(reported?: boolean): boolean {
  try {
    const { localStorage } = globalThis;
    if (reported) localStorage[OFF] = 1;
    if (reported === false) delete localStorage[OFF];
    return OFF in localStorage;
  } catch {
    return false; // storage is blocked or full, so each page relies on its status check
  }
}
