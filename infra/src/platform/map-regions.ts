import type { LockstepConfig } from "../config/config.ts";

/** Where the version map stands, in the order in which it is read; written in the other. */
export function mapRegions(config: LockstepConfig): string[] {
  const { mapFallbackRegion } = config.edge;
  return mapFallbackRegion === undefined ? [config.region] : [config.region, mapFallbackRegion];
}
