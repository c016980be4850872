import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { mapParameter } from "./stores.ts";

/** The stack in `edge.mapFallbackRegion` with the parameter of the map's copy. Releases and the janitor write its value. */
export class MapCopyStack extends Stack {
  constructor(scope: Construct, config: LockstepConfig, props: StackProps) {
    super(scope, `${config.app}-map-copy`, {
      description: `Lockstep: a copy of the version map of ${config.app}, for outages of ${config.region}`,
      ...props,
    });
    mapParameter(this, config.app);
  }
}
