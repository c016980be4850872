import { VERSION_MAP_MAX_BYTES, type VersionMap } from "@lockstep/edge/version-map";
import { LockstepError } from "../base/lockstep-error.ts";
import { isRoutable, type Ledger } from "./ledger.ts";

/**
 * Projects the version map of a ledger: only routable versions, oldest first, so that equal content is equal text.
 *
 * @param suffix `edge.hostSuffix` of the configuration
 * @throws LockstepError MAP_TOO_LARGE if SSM would refuse the map
 */
export function projectMap(ledger: Ledger, suffix: string): VersionMap {
  const routable = Object.keys(ledger.versions)
    .filter((id) => isRoutable(ledger.versions[id]!.state))
    .sort();
  const map: VersionMap = {
    r: ledger.revision,
    current: ledger.current ?? null,
    floor: ledger.floor ?? null,
    suffix,
    versions: Object.fromEntries(routable.map((id) => [id, { tg: ledger.versions[id]!.targetGroup }])),
  };
  const bytes = Buffer.byteLength(JSON.stringify(map));
  if (bytes > VERSION_MAP_MAX_BYTES)
    throw new LockstepError(
      "MAP_TOO_LARGE",
      `With ${routable.length} versions the map has ${bytes} bytes; an SSM parameter can hold ${VERSION_MAP_MAX_BYTES}.`,
    );
  return map;
}

/** Whether two maps are equal except for their revision. */
export function sameContent(a: VersionMap, b: VersionMap): boolean {
  return canonical(a) === canonical(b);
}

function canonical({ current, floor, suffix, versions }: VersionMap): string {
  const sorted = Object.keys(versions)
    .sort()
    .map((id) => [id, versions[id]!.tg]);
  return JSON.stringify([current, floor, suffix, sorted]);
}
