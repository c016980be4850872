import { isVersionId } from "./version-id.ts";

/**
 * The edge's read-only projection of the ledger, one SSM parameter:
 *
 *     {"r": 12, "current": "20261122-101500-1f3a9c2", "floor": null, "suffix": "shop.internal",
 *      "versions": {"20261122-101500-1f3a9c2": {"tg": "ls-20261122-101500-1f3a9c2"}}}
 *
 * The host of a version is `<id>.<suffix>`; the suffix stands once, so that a hundred versions fit (docs/decisions/001).
 */
export interface VersionMap {
  /** Revision of the ledger that this map was projected from. A lower one never replaces a higher one. */
  r: number;
  /** What a request without a pin gets; `null` before the first release. */
  current: string | null;
  /** Versions below it are gone, however well they still run; `null` when nothing was recalled. */
  floor: string | null;
  /** `<id>.<suffix>` is the Host that the load balancer's rule of a version matches. */
  suffix: string;
  /** Routable versions only. `tg`: name of the version's target group. */
  versions: Record<string, { tg: string }>;
}

/** An advanced parameter holds 8 KB (SSM quota); a standard one 4 KB. Past it `PutParameter` refuses. */
export const VERSION_MAP_MAX_BYTES = 8192;

/** An ALB's host condition holds 128 characters (quota); the id and its dot take 24 of them. */
const HOST_SUFFIX = /^[a-z0-9][a-z0-9.-]{0,103}$/;

/** Reads a map; throws a `TypeError` that names what is wrong, so that a damaged map never replaces a good one. */
export function parseVersionMap(text: string): VersionMap {
  const map: unknown = JSON.parse(text);
  if (!isRecord(map)) throw new TypeError("version map: not an object");
  if (!Number.isSafeInteger(map.r) || (map.r as number) < 0)
    throw new TypeError("version map: r is not a revision");
  if (map.current !== null && !isVersionId(map.current))
    throw new TypeError("version map: current is not a version id");
  if (map.floor !== null && !isVersionId(map.floor))
    throw new TypeError("version map: floor is not a version id");
  if (typeof map.suffix !== "string" || !HOST_SUFFIX.test(map.suffix))
    throw new TypeError("version map: suffix is not a host name");
  if (!isRecord(map.versions)) throw new TypeError("version map: versions is not an object");
  for (const id in map.versions) {
    if (!isVersionId(id)) throw new TypeError(`version map: "${id.slice(0, 40)}" is not a version id`);
  }
  if (map.current !== null && !Object.hasOwn(map.versions, map.current)) {
    throw new TypeError("version map: current is not among its versions");
  }
  return map as unknown as VersionMap;
}

/** The Host under which the load balancer knows a version. */
export function hostOf(id: string, suffix: string): string {
  return `${id}.${suffix}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
