import type { AwsClients } from "../aws/clients.ts";
import { scaleToZero, waitForNoTasks } from "../aws/services.ts";
import { deleteStack } from "../aws/stacks.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { Clock } from "../lifecycle/clock.ts";
import type { Ledger, Version } from "../lifecycle/ledger.ts";
import { edgeForgetsAfterMs, type Lifecycle } from "../lifecycle/lifecycle.ts";
import { mapChangedAt } from "../lifecycle/map-publisher.ts";
import { applyEvent, isAllowed, type LedgerEvent } from "../lifecycle/transitions.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";

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
}

/** A wait up to this is sat out; a longer one is left to the next run. */
const LONGEST_SLEEP_MS = 60_000;

/**
 * Takes a draining or failed version apart, from wherever an earlier run stopped.
 *
 * @returns `retired`, or in words what it waits for
 */
export async function finishRetirement(id: string, context: RetireContext): Promise<string> {
  const { lifecycle, clients, clock, deadline, log } = context;
  const version = (await lifecycle.store.read()).versions[id];
  if (version === undefined || version.state === "retired") return "retired"; // by another run
  if (version.dismantledAt === undefined) {
    const waits = version.state === "draining" ? await untilForgotten(version, context) : undefined;
    if (waits !== undefined) return waits;
    // From here on nobody can bring it back. Not before its tasks are touched: a version that was brought back meanwhile
    // would serve without them.
    if (!(await dismantle(id, version, context))) return "it was brought back";
  }
  if (version.state === "draining" && !(await emptyService(version, context)))
    return "its last requests are being finished";
  log("deleting-stack", { id, stack: version.stack });
  const gone = await deleteStack(version.stack, {
    cloudformation: clients.cloudformation,
    clock,
    patienceMs: Math.max(0, deadline - clock.now()),
  });
  if (!gone) return "its stack is still being deleted";
  await applyIfAllowed({ type: "retire", id }, context);
  log("retired", { id });
  return "retired";
}

/** Waits until no edge can route to it. What it still waits for, or `undefined`. */
async function untilForgotten(
  { unroutedAt }: Version,
  { config, clients, outputs, lifecycle, clock, deadline }: RetireContext,
): Promise<string | undefined> {
  if (unroutedAt === undefined) return "it is not out of the map yet";
  // A paused writer may have put it back since: what counts is the map as it is, and when that was written.
  await lifecycle.publishMap();
  const changedAt = await mapChangedAt({ ssm: clients.ssm, parameter: outputs.mapParameter });
  const remainingMs = Math.max(unroutedAt, changedAt ?? 0) + edgeForgetsAfterMs(config) - clock.now();
  if (remainingMs > LONGEST_SLEEP_MS || clock.now() + remainingMs > deadline)
    return "edges may still know it";
  if (remainingMs > 0) await clock.sleep(remainingMs);
  return undefined;
}

/** The point of no return, unless it came back meanwhile, or came back and left again. @returns whether it was passed */
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

/** Lets its tasks finish. @returns whether none runs any more */
async function emptyService({ service }: Version, context: RetireContext): Promise<boolean> {
  const { outputs, clients, clock, deadline, log } = context;
  const options = { ecs: clients.ecs, clusterName: outputs.clusterName };
  log("scaling-to-zero", { service });
  await scaleToZero(service, options);
  return waitForNoTasks(service, { ...options, clock, until: deadline });
}

function applyIfAllowed(
  event: LedgerEvent & { type: "retire" },
  { lifecycle, actor, clock }: RetireContext,
): Promise<Ledger> {
  return lifecycle.store.update((ledger) =>
    isAllowed(ledger, event) ? applyEvent(ledger, event, { actor }, clock.now()) : ledger,
  );
}
