import type { EdgeSettings } from "@lockstep/edge/build";
import { versionMapParameter } from "@lockstep/edge/names";
import type { LockstepConfig } from "../config/config.ts";

/** The settings that become part of the edge functions. All are known before the deployment. */
export function edgeSettings(config: LockstepConfig): EdgeSettings {
  return {
    kind: config.web.kind,
    base: config.web.base,
    protect: config.protection.enabled,
    windowSeconds: config.protection.windowSeconds,
    whenGone: config.protection.whenGone,
    hostSuffix: config.edge.hostSuffix,
    mapParameter: versionMapParameter(config.app),
    mapRegion: config.region,
    mapTtlSeconds: config.edge.mapTtlSeconds,
    paths: config.api.pathPatterns,
    healthPath: config.api.healthPath,
    explain: config.edge.explain,
  };
}
