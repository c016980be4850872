import type { LockstepConfig } from "../config/config.ts";

/** The regions of the version map, in the order in which they are read. They are written in the reverse order. */
export function mapRegions(config: LockstepConfig): string[] {
  const { mapFallbackRegion } = config.edge;
  return mapFallbackRegion === undefined ? [config.region] : [config.region, mapFallbackRegion];
}
