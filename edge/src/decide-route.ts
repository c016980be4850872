import type { Pin } from "./choose-pin.ts";
import type { EdgeSettings } from "./edge-settings.ts";
import { CURRENT_HEADER, OUTCOME_HEADER, type Outcome, VERSION_HEADER } from "./names.ts";
import { hostOf, type VersionMap } from "./version-map.ts";

/** To a version, by its Host. */
export interface Forward {
  kind: "forward";
  version: string;
  host: string;
  outcome: Exclude<Outcome, "gone">;
  /** What to tell the page; `undefined` when nobody knows. */
  current: string | undefined;
  /** The headers that say all this, ready made. Requests share them: they must not be changed. */
  lines: {
    host: HeaderLines;
    outcome: HeaderLines;
    current: HeaderLines | undefined;
    /** `undefined` unless the request is pinned to the version it goes to. */
    version: HeaderLines | undefined;
  };
}

/** A header as Lambda@Edge has it. */
export type HeaderLines = { key: string; value: string }[];

/** What `route` does with a request. */
export type Decision =
  | Forward
  | { kind: "gone"; version: string; current: string | undefined }
  | { kind: "unavailable" };

/** What is known of the versions when a request is decided. */
export interface Known {
  map: VersionMap;
  /** The map's newest version. */
  newest: string;
  /** The map is past its lifetime, because SSM does not answer. */
  stale: boolean;
  /** The decision for each pin that is served, made once for a map: most requests need no more than to look it up. */
  pinned: ReadonlyMap<string, Forward>;
}

/** Makes a map ready to decide by. */
export function knownFrom(map: VersionMap): Known {
  const pinned = new Map<string, Forward>();
  let newest = "";
  for (const id in map.versions) {
    if (id > newest) newest = id;
    if (isServed(id, map)) pinned.set(id, forward(id, map.suffix, "pinned", map.current ?? undefined));
  }
  return { map, newest, stale: false, pinned };
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
  const served = known.pinned.get(pin.id);
  if (served !== undefined) return served;
  if (known.stale && pin.id > known.newest) return forward(pin.id, map.suffix, "pinned", current);
  if (pin.carrier !== "cookie" || settings.whenGone === "refuse") {
    return { kind: "gone", version: pin.id, current };
  }
  // The browser sent the cookie by itself, perhaps for a page that is long closed: current is a fair answer, said aloud.
  return current === undefined ? { kind: "unavailable" } : forward(current, map.suffix, "fell-back", current);
}

/**
 * Of a version in the map: not recalled. Current is never gone, whatever the floor says (the ledger keeps them apart, this
 * does not rely on it): a page that is refused reloads, gets current again, and would be refused for ever.
 */
function isServed(id: string, map: VersionMap): boolean {
  return map.floor === null || id >= map.floor || id === map.current;
}

function forward(
  version: string,
  suffix: string,
  outcome: Exclude<Outcome, "gone">,
  current: string | undefined,
): Forward {
  const host = hostOf(version, suffix);
  const lines = {
    host: [{ key: "Host", value: host }],
    outcome: [{ key: OUTCOME_HEADER, value: outcome }],
    current: current === undefined ? undefined : [{ key: CURRENT_HEADER, value: current }],
    version: outcome === "pinned" ? [{ key: VERSION_HEADER, value: version }] : undefined,
  };
  return { kind: "forward", version, host, outcome, current, lines };
}
