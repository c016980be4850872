import type { AwsClients } from "../aws/clients.ts";
import type { Clock } from "../base/clock.ts";
import type { PlatformOutputs } from "../base/outputs.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";

/** What the janitor needs to read the state of an app. */
export interface JanitorContext {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  clients: AwsClients;
  lifecycle: Lifecycle;
  clock: Clock;
}
