import type { AwsClients } from "../aws/clients.ts";
import { eventSender, type SendEvents } from "../aws/event-bus.ts";
import type { Clock } from "../base/clock.ts";
import type { PlatformOutputs } from "../base/outputs.ts";
import type { Progress } from "../base/progress.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";

/** The context of reading the versions of an app. */
export interface ReadContext {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  clients: AwsClients;
  lifecycle: Lifecycle;
  clock: Clock;
}

/** The context of changing the versions of an app. */
export interface OperationContext extends ReadContext {
  /** Who makes the change. Recorded in the history. */
  actor: string;
  /** Why the change is made. Recorded in the history. */
  reason?: string;
  progress: Progress;
  /** Sends requests to the edge. Default: the global `fetch`. */
  fetch?: typeof fetch;
}

/** The public URL of the app, without a trailing slash. */
export function originOf({ config, outputs }: Pick<OperationContext, "config" | "outputs">): string {
  return (config.edge.publicUrl ?? `https://${outputs.distributionDomain}`).replace(/\/$/, "");
}

/** Sends events of an operation. A failure is reported as a line of its progress. */
export function eventsOf({ clients, progress }: Pick<OperationContext, "clients" | "progress">): SendEvents {
  return eventSender(clients.events, ({ type, message }) =>
    progress.say(`  Could not put the event "${type}" on the event bus (${message}). Nothing else failed.`),
  );
}
