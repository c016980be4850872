import type { LockstepConfig } from "../config/config.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";

/** What makes one version's stack. */
export interface VersionStackProps {
  app: string;
  /** Version id. */
  id: string;
  /** Priority of its listener rule, 1 to 90, unique among versions that own a rule. */
  slot: number;
  /** Image by digest: `<repository>@sha256:<hex>`. A tag could move under a version that still runs. */
  image: string;
  /** Tasks to start with: as many as current runs now. */
  desiredCount: number;
  config: LockstepConfig;
  outputs: PlatformOutputs;
}

/** A stack, ready for CloudFormation's `CreateStack`. */
export interface SynthesizedVersionStack {
  stackName: string;
  /** JSON; below the 51,200 bytes that `CreateStack` takes inline. */
  templateBody: string;
  tags: { Key: string; Value: string }[];
}
