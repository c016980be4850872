import { HUB, type Hub } from "./hub.ts";
import { undoAll } from "./patches.ts";
import { dropPin, hidePins, setPin } from "./pin.ts";
import { pinConnections } from "./pin-connections.ts";
import { pinRequests } from "./pin-requests.ts";
import { hub, watchVersions } from "./watch.ts";

/**
 * Pins what this page or worker sends to its own services. Once: a second script finds the first one's hub.
 *
 * @param paths path patterns of the services, separated by spaces
 * @param pollMs time between two looks at the status, and between two heartbeats
 * @param pinPage pins what only a page has
 */
export function install(version: string, paths: string, pollMs: number, pinPage?: () => void): void {
  if (HUB in globalThis) return;
  (globalThis as { [HUB]?: Hub })[HUB] = hub;
  const off = isOff();
  setPin(version, paths);
  watchVersions(version, pollMs, (heard) => {
    isOff(heard);
    if (!heard) return;
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
 * Whether pages of this browser were told to switch off, after noting what was heard: the next page then does not even begin.
 * Workers have no storage, and wait to hear.
 */
function isOff(heard?: boolean): boolean {
  try {
    const { localStorage } = globalThis;
    if (heard) localStorage[OFF] = 1;
    if (heard === false) delete localStorage[OFF];
    return OFF in localStorage;
  } catch {
    return false; // storage is blocked or full: each page learns it from the status
  }
}
