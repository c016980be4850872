import type { AwsClients } from "../aws/clients.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { Clock } from "../lifecycle/clock.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";
import type { Progress } from "../release/progress.ts";

/** What an operator's command works with. */
export interface OperationContext {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  clients: AwsClients;
  lifecycle: Lifecycle;
  /** Who acts, for the history. */
  actor: string;
  /** Why, for the history. */
  reason?: string;
  progress: Progress;
  clock: Clock;
  /** Asks the edge. Default the global one. */
  fetch?: typeof fetch;
}

/** Where readers reach the app, without a slash at the end. */
export function originOf({ config, outputs }: Pick<OperationContext, "config" | "outputs">): string {
  return (config.edge.publicUrl ?? `https://${outputs.distributionDomain}`).replace(/\/$/, "");
}
