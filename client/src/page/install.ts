import { HUB } from "./hub.ts";
import { createPatches } from "./patches.ts";
import { createPin } from "./pin.ts";
import { pinConnections } from "./pin-connections.ts";
import { pinNavigation } from "./pin-navigation.ts";
import { pinRequests } from "./pin-requests.ts";
import { watchVersions } from "./watch.ts";

export interface InstallOptions {
  version: string;
  prefixes: readonly string[];
  pollMs: number;
}

/** Pins all that a page or a worker sends to its own API, once per scope. */
export function install(scope: typeof globalThis, { version, prefixes, pollMs }: InstallOptions): void {
  if (HUB in scope) return;
  const { document, location } = scope;
  const pin = createPin({
    id: version,
    off: isOff(scope),
    origin: location.origin,
    prefixes,
    base: () => document?.baseURI ?? location.href,
  });
  const patches = createPatches();
  const watch = watchVersions(scope, {
    version,
    fetch: scope.fetch.bind(scope),
    probe: `${prefixes[0]}.lockstep`,
    pollMs,
    onSwitch(off) {
      isOff(scope, off);
      if (!off) return;
      pin.off = off;
      patches.undo();
    },
  });
  Object.defineProperty(scope, HUB, { value: watch });
  if (pin.off) return;
  pinRequests(scope, patches, pin, watch);
  pinConnections(scope, patches, pin, watch);
  if (document) pinNavigation(scope, patches, pin);
}

const OFF = "lockstep-off";

/**
 * Whether pages of this browser were told to switch off, after noting what was heard: the next page then does not even begin.
 * Workers have no storage, and wait to hear.
 */
function isOff(scope: typeof globalThis, heard?: boolean): boolean {
  try {
    const { localStorage } = scope;
    if (heard) localStorage[OFF] = 1;
    if (heard === false) delete localStorage[OFF];
    return OFF in localStorage;
  } catch {
    return false; // storage is blocked or full: each page hears it anew
  }
}
