import type { AwsClients } from "../aws/clients.ts";
import type { SendEvents } from "../aws/event-bus.ts";
import { scaleToZero, waitForNoTasks } from "../aws/services.ts";
import { deleteStack } from "../aws/stacks.ts";
import type { Clock } from "../base/clock.ts";
import type { PlatformOutputs } from "../base/outputs.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { Version } from "../lifecycle/ledger.ts";
import { type Lifecycle, oldMapsExpireAfterMs } from "../lifecycle/lifecycle.ts";
import { mapChangedAt, readMap } from "../lifecycle/map-publisher.ts";
import { applyEvent, isAllowed } from "../lifecycle/transitions.ts";
import { eventsOf, type OperationContext } from "./context.ts";

export interface RetireContext {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  clients: Pick<AwsClients, "ecs" | "cloudformation" | "ssm">;
  lifecycle: Lifecycle;
  actor: string;
  clock: Clock;
  /** Milliseconds since the epoch. */
  deadline: number;
  log: (event: string, detail: Record<string, unknown>) => void;
  sendEvents: SendEvents;
}

/** Time limit of a retirement by a release or by an operator. */
const RETIRE_MS = 15 * 60_000;

/** The context of a retirement that is part of an operation. */
export function retireContext(options: OperationContext): RetireContext {
  const { config, outputs, clients, lifecycle, actor, clock } = options;
  const deadline = clock.now() + RETIRE_MS;
  const sendEvents = eventsOf(options);
  return { config, outputs, clients, lifecycle, actor, clock, deadline, log: () => {}, sendEvents };
}

/** What a retirement waits for, or why it stopped. The next run of the janitor continues it. */
export type Unfinished = "map" | "edges" | "requests" | "stack" | "revived";
export type Retirement = "retired" | Unfinished;

export const UNFINISHED_TEXT: Record<Unfinished, string> = {
  map: "it is still in the version map",
  edges: "edges may still route to it",
  requests: "its last requests are finishing",
  stack: "its stack is still being deleted",
  revived: "it was brought back in the meantime",
};

/** Maximum wait within a run. A longer wait is left to the next run. */
const LONGEST_SLEEP_MS = 60_000;

/** Retires a draining or failed version. Continues at the step where an earlier run stopped. */
export async function finishRetirement(id: string, context: RetireContext): Promise<Retirement> {
  const { lifecycle, clients, clock, deadline, log } = context;
  const version = (await lifecycle.store.read()).versions[id];
  if (version === undefined || version.state === "retired") return "retired"; // by another run
  if (version.dismantledAt === undefined) {
    const waitsFor = version.state === "draining" ? await untilUnrouted(id, version, context) : undefined;
    if (waitsFor !== undefined) return waitsFor;
    // After this entry the version cannot be brought back. Before it, its tasks must keep running.
    if (!(await dismantle(id, version, context))) return "revived";
  }
  if (version.state === "draining" && !(await stopTasks(version, context))) return "requests";
  log("deleting-stack", { id, stack: version.stack });
  const deleted = await deleteStack(version.stack, {
    cloudformation: clients.cloudformation,
    clock,
    timeoutMs: Math.max(0, deadline - clock.now()),
  });
  if (!deleted) return "stack";
  await markRetired(id, version, context);
  return "retired";
}

/** Waits until no edge can route to the version. @returns what it still waits for; `undefined` if nothing */
async function untilUnrouted(
  id: string,
  { unroutedAt }: Version,
  { config, clients, outputs, lifecycle, clock, deadline }: RetireContext,
): Promise<"map" | "edges" | undefined> {
  if (unroutedAt === undefined) return "map";
  // A slow writer may have published an old map since. So the time counts from the last change of the map.
  await lifecycle.publishMap();
  const map = { ssm: clients.ssm, parameter: outputs.mapParameter };
  const changedAt = await mapChangedAt(map);
  const remainingMs = Math.max(unroutedAt, changedAt ?? 0) + oldMapsExpireAfterMs(config) - clock.now();
  if (remainingMs <= 0) return undefined;
  if (remainingMs > LONGEST_SLEEP_MS || clock.now() + remainingMs > deadline) return "edges";
  await clock.sleep(remainingMs);
  // It may also have published one during the wait. The next run waits again.
  const published = await readMap(map);
  return published !== undefined && !Object.hasOwn(published.versions, id) ? undefined : "edges";
}

/**
 * Records the point of no return, unless the version was brought back in the meantime.
 *
 * @returns whether the version is past that point
 */
async function dismantle(id: string, seen: Version, context: RetireContext): Promise<boolean> {
  const { lifecycle, actor, clock } = context;
  const ledger = await lifecycle.store.update((ledger) =>
    ledger.versions[id]?.unroutedAt === seen.unroutedAt && isAllowed(ledger, { type: "dismantle", id })
      ? applyEvent(ledger, { type: "dismantle", id }, { actor }, clock.now())
      : ledger,
  );
  const { state, dismantledAt } = ledger.versions[id] ?? { state: "retired" as const };
  return state === "retired" || dismantledAt !== undefined;
}

/** Stops the tasks after they have finished their requests. @returns whether all have stopped */
async function stopTasks({ service }: Version, context: RetireContext): Promise<boolean> {
  const { outputs, clients, clock, deadline, log } = context;
  const options = { ecs: clients.ecs, clusterName: outputs.clusterName };
  log("scaling-to-zero", { service });
  await scaleToZero(service, options);
  return waitForNoTasks(service, { ...options, clock, until: deadline });
}

async function markRetired(
  id: string,
  { reason }: Version,
  { config, lifecycle, actor, clock, log, sendEvents }: RetireContext,
): Promise<void> {
  let isFirst = false;
  await lifecycle.store.update((ledger) => {
    isFirst = isAllowed(ledger, { type: "retire", id });
    return isFirst ? applyEvent(ledger, { type: "retire", id }, { actor }, clock.now()) : ledger;
  });
  log("retired", { id });
  if (isFirst)
    await sendEvents({ type: "Version Retired", detail: { app: config.app, version: id, actor, reason } });
}
