import type { Pin } from "./choose-pin.ts";
import type { EdgeSettings } from "./edge-settings.ts";
import type { Outcome } from "./names.ts";
import { hostOf, type VersionMap } from "./version-map.ts";

/** What `route` does with a request. `current` is what to tell the page; `undefined` when nobody knows. */
export type Decision =
  | {
      kind: "forward";
      version: string;
      host: string;
      outcome: Exclude<Outcome, "gone">;
      current: string | undefined;
    }
  | { kind: "gone"; version: string; current: string | undefined }
  | { kind: "unavailable" };

/** What is known of the versions when a request is decided. */
export interface Known {
  map: VersionMap;
  /** The map's newest version. */
  newest: string;
  /** The map is past its lifetime, because SSM does not answer. */
  stale: boolean;
}

/**
 * Decides where a request goes: to the version it names, or to current when it names none, or to nobody.
 *
 * Never to another version than the pinned one without saying so. Where the map cannot know (there is none, or it is stale and
 * the pin is newer than all of it) the host follows from the pin, and the load balancer's own rules have the last word.
 */
export function decideRoute(
  pin: Pin | undefined,
  known: Known | undefined,
  settings: Pick<EdgeSettings, "whenGone" | "hostSuffix">,
): Decision {
  if (known === undefined) {
    if (pin === undefined) return { kind: "unavailable" };
    return forward(pin.id, settings.hostSuffix, "pinned", undefined);
  }
  const { map } = known;
  const current = map.current ?? undefined;
  if (pin === undefined) {
    return current === undefined ? { kind: "unavailable" } : forward(current, map.suffix, "current", current);
  }
  if (isServed(pin.id, map) || (known.stale && pin.id > known.newest)) {
    return forward(pin.id, map.suffix, "pinned", current);
  }
  if (pin.carrier !== "cookie" || settings.whenGone === "refuse") {
    return { kind: "gone", version: pin.id, current };
  }
  // The browser sent the cookie by itself, perhaps for a page that is long closed: current is a fair answer, said aloud.
  return current === undefined ? { kind: "unavailable" } : forward(current, map.suffix, "fell-back", current);
}

/**
 * In the map and not recalled. Current is never gone, even below the floor (an operator went back behind a recall): a page
 * that is refused reloads, gets current again, and would be refused for ever.
 */
function isServed(id: string, map: VersionMap): boolean {
  if (!Object.hasOwn(map.versions, id)) return false;
  return map.floor === null || id >= map.floor || id === map.current;
}

function forward(
  version: string,
  suffix: string,
  outcome: Exclude<Outcome, "gone">,
  current: string | undefined,
): Decision {
  return { kind: "forward", version, host: hostOf(version, suffix), outcome, current };
}
