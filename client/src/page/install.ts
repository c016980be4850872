import { HUB } from "./hub.ts";
import { undoAll } from "./patches.ts";
import { dropPin, hidePins, setPin } from "./pin.ts";
import { pinConnections } from "./pin-connections.ts";
import { pinRequests } from "./pin-requests.ts";
import { hub, watchVersions } from "./watch.ts";

export interface InstallOptions {
  version: string;
  /** Path patterns of the services. */
  paths: readonly string[];
  pollMs: number;
  /** Pins what only a page has. */
  pinPage?: () => void;
}

/** Pins what this page or worker sends to its own services. Once: a second script finds the first one's hub. */
export function install({ version, paths, pollMs, pinPage }: InstallOptions): void {
  if (HUB in globalThis) return;
  Object.defineProperty(globalThis, HUB, { value: hub });
  const off = isOff();
  setPin(version, paths, off);
  watchVersions({
    version,
    pollMs,
    onSwitch(heard) {
      isOff(heard);
      if (!heard) return;
      dropPin();
      undoAll();
    },
  });
  if (off) return;
  hidePins();
  pinRequests();
  pinConnections();
  pinPage?.();
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
    return false; // storage is blocked or full: each page hears it anew
  }
}
