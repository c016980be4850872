import { isVersionId, VERSION_ID_LENGTH } from "./version-id.ts";

/**
 * The edge's read-only projection of the ledger, one SSM parameter:
 *
 *     {"r": 12, "current": "20261122-101500-1f3a9c2", "floor": null, "suffix": "shop.internal",
 *      "versions": {"20261122-101500-1f3a9c2": {"tg": "ls-20261122-101500-1f3a9c2"}}}
 *
 * The host of a version is `<id>.<suffix>`. The suffix is stored once, so that a hundred versions fit
 * (docs/decisions/001).
 */
export interface VersionMap {
  /** Revision of the ledger that this map was projected from. A lower revision never replaces a higher one. */
  r: number;
  /** The version that answers a request without a pin; `null` before the first release. */
  current: string | null;
  /** Versions below it are recalled, even if they still run; `null` when nothing was recalled. */
  floor: string | null;
  /** The load balancer's rule of a version matches the Host `<id>.<suffix>`. */
  suffix: string;
  /** Routable versions only. `tg`: name of the version's target group. */
  versions: Record<string, { tg: string }>;
}

/**
 * Maximum size of an advanced parameter (SSM quota); a standard one has at most 4 KB. `PutParameter` refuses a larger
 * map.
 */
export const VERSION_MAP_MAX_BYTES = 8192;

/**
 * Maximum length of a host condition in a listener rule, in characters (Elastic Load Balancing quota). `CreateRule`
 * refuses a longer one.
 */
export const HOST_MAX_LENGTH = 128;
/** Maximum length of a map's `suffix`, so that `<id>.<suffix>` has at most `HOST_MAX_LENGTH` characters. */
export const HOST_SUFFIX_MAX_LENGTH = HOST_MAX_LENGTH - VERSION_ID_LENGTH - 1;

const HOST_SUFFIX = /^[a-z0-9][a-z0-9.-]*$/;

/** Parses a map. Throws a `TypeError` that names the fault, so that a damaged map never replaces a good one. */
export function parseVersionMap(text: string): VersionMap {
  const map: unknown = JSON.parse(text);
  if (!isRecord(map)) throw new TypeError("version map: not an object");
  if (!Number.isSafeInteger(map.r) || (map.r as number) < 0)
    throw new TypeError("version map: r is not a revision");
  if (map.current !== null && !isVersionId(map.current))
    throw new TypeError("version map: current is not a version id");
  if (map.floor !== null && !isVersionId(map.floor))
    throw new TypeError("version map: floor is not a version id");
  if (!isHostSuffix(map.suffix)) throw new TypeError("version map: suffix is not a host name");
  if (!isRecord(map.versions)) throw new TypeError("version map: versions is not an object");
  for (const id in map.versions) {
    if (!isVersionId(id)) throw new TypeError(`version map: "${id.slice(0, 40)}" is not a version id`);
  }
  if (map.current !== null && !Object.hasOwn(map.versions, map.current)) {
    throw new TypeError("version map: current is not among its versions");
  }
  return map as unknown as VersionMap;
}

/** Returns the Host that the load balancer's rule of a version matches. */
export function hostOf(id: string, suffix: string): string {
  return `${id}.${suffix}`;
}

function isHostSuffix(value: unknown): boolean {
  return typeof value === "string" && value.length <= HOST_SUFFIX_MAX_LENGTH && HOST_SUFFIX.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
