import type { AwsClients } from "../aws/clients.ts";
import { describeServices, scaleTo, scaleToZero, waitForNoTasks } from "../aws/services.ts";
import { deleteStack } from "../aws/stacks.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { Clock } from "../lifecycle/clock.ts";
import type { Ledger, Version } from "../lifecycle/ledger.ts";
import { edgeForgetsAfterMs, type Lifecycle } from "../lifecycle/lifecycle.ts";
import { applyEvent, isAllowed, type LedgerEvent } from "../lifecycle/transitions.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";

export interface RetireContext {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  clients: Pick<AwsClients, "ecs" | "cloudformation">;
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
    const waits = version.state === "draining" ? await emptyService(id, version, context) : undefined;
    if (waits !== undefined) return waits;
    const ledger = await applyIfAllowed({ type: "dismantle", id }, context);
    // Brought back in the last moment: it is in use again, and nothing of it may go.
    if (ledger.versions[id]?.dismantledAt === undefined) return BROUGHT_BACK;
  }
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

/** Waits until no edge can route to it, then lets its tasks finish. What it still waits for, or `undefined`. */
async function emptyService(
  id: string,
  version: Version,
  { config, outputs, clients, lifecycle, clock, deadline, log }: RetireContext,
): Promise<string | undefined> {
  if (version.unroutedAt === undefined) return "it is not out of the map yet";
  const remainingMs = version.unroutedAt + edgeForgetsAfterMs(config) - clock.now();
  if (remainingMs > LONGEST_SLEEP_MS || clock.now() + remainingMs > deadline)
    return "edges may still know it";
  if (remainingMs > 0) await clock.sleep(remainingMs);
  // It may have been brought back while we waited.
  if (!(await isDraining(id, lifecycle))) return BROUGHT_BACK;
  const options = { ecs: clients.ecs, clusterName: outputs.clusterName };
  const before = (await describeServices([version.service], options)).get(version.service)?.desiredCount ?? 0;
  log("scaling-to-zero", { id, service: version.service });
  await scaleToZero(version.service, options);
  if (!(await isDraining(id, lifecycle))) {
    // Or in the moment between: whoever did it looks at the tasks again, and so do we.
    if (before > 0) await scaleTo(version.service, before, options);
    return BROUGHT_BACK;
  }
  const empty = await waitForNoTasks(version.service, { ...options, clock, until: deadline });
  return empty ? undefined : "its last requests are being finished";
}

const BROUGHT_BACK = "it was brought back";

async function isDraining(id: string, { store }: Lifecycle): Promise<boolean> {
  return (await store.read()).versions[id]?.state === "draining";
}

function applyIfAllowed(
  event: LedgerEvent & { type: "dismantle" | "retire" },
  { lifecycle, actor, clock }: RetireContext,
): Promise<Ledger> {
  return lifecycle.store.update((ledger) =>
    isAllowed(ledger, event) ? applyEvent(ledger, event, { actor }, clock.now()) : ledger,
  );
}
