import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { mapParameter } from "./stores.ts";

/** The parameter of the map's copy, in `edge.mapFallbackRegion`, and nothing else. Releases and the janitor write it. */
export class MapCopyStack extends Stack {
  constructor(scope: Construct, config: LockstepConfig, props: StackProps) {
    super(scope, `${config.app}-map-copy`, {
      description: `Lockstep: a copy of the version map of ${config.app}, for when ${config.region} does not answer`,
      ...props,
    });
    mapParameter(this, config.app);
  }
}
