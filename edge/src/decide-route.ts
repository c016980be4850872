import type { EdgeSettings } from "./edge-settings.ts";
import { CURRENT_HEADER, OUTCOME_HEADER, type Outcome, VERSION_HEADER } from "./names.ts";
import type { Pin } from "./pin.ts";
import { hostOf, type VersionMap } from "./version-map.ts";

/** Forward the request to a version, addressed by its Host header. */
export interface Forward {
  kind: "forward";
  version: string;
  host: string;
  outcome: Exclude<Outcome, "gone">;
  /** The current version; `undefined` when it is unknown. */
  current: string | undefined;
  /** The headers that carry this decision. Requests share them, so they must not be changed. */
  lines: {
    host: HeaderLines;
    outcome: HeaderLines;
    current: HeaderLines | undefined;
    /** `undefined` unless the request is pinned to the version it goes to. */
    version: HeaderLines | undefined;
  };
}

/** A header in the form of Lambda@Edge. */
type HeaderLines = { key: string; value: string }[];

/** What `route` does with a request. */
export type Decision =
  | Forward
  | { kind: "gone"; version: string; current: string | undefined }
  | { kind: "unavailable" };

/** A version map and the values that decisions need from it, computed once per map. */
export interface IndexedMap {
  map: VersionMap;
  /** The map's newest version. */
  newest: string;
  /** Whether the map is past its lifetime, because SSM does not answer. */
  stale: boolean;
  /** The decision for the pin of each version that is served. Most requests need only this lookup. */
  pinned: ReadonlyMap<string, Forward>;
}

/** Indexes a map for decisions. */
export function indexMap(map: VersionMap): IndexedMap {
  const pinned = new Map<string, Forward>();
  let newest = "";
  for (const id in map.versions) {
    if (id > newest) newest = id;
    if (isServed(id, map)) pinned.set(id, forward(id, map.suffix, "pinned", map.current ?? undefined));
  }
  return { map, newest, stale: false, pinned };
}

/**
 * Decides where a request goes: to the version that it names, to current when it names none, or nowhere.
 *
 * A pinned request never goes to another version without an outcome that says so. If there is no map, or the map is
 * stale and older than the pin, the host is derived from the pin, and the load balancer's rules decide.
 */
export function decideRoute(
  pin: Pin | undefined,
  indexed: IndexedMap | undefined,
  settings: Pick<EdgeSettings, "whenGone" | "hostSuffix">,
): Decision {
  if (indexed === undefined) {
    if (pin === undefined) return { kind: "unavailable" };
    return forward(pin.id, settings.hostSuffix, "pinned", undefined);
  }
  const { map } = indexed;
  const current = map.current ?? undefined;
  if (pin === undefined) {
    return current === undefined ? { kind: "unavailable" } : forward(current, map.suffix, "current", current);
  }
  const served = indexed.pinned.get(pin.id);
  if (served !== undefined) return served;
  if (indexed.stale && pin.id > indexed.newest) return forward(pin.id, map.suffix, "pinned", current);
  if (pin.carrier !== "cookie" || settings.whenGone === "refuse") {
    return { kind: "gone", version: pin.id, current };
  }
  // The page that set the cookie may be closed by now, so current may answer, with an outcome that says so.
  return current === undefined ? { kind: "unavailable" } : forward(current, map.suffix, "fell-back", current);
}

/**
 * Whether a version in the map is served, that is, not recalled. Current is always served, even below the floor: a page
 * that is refused reloads current, so refusing current would cause an endless loop. The ledger keeps current above the
 * floor, but this function does not rely on that.
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
