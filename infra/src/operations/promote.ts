import { setFewestTasks } from "../aws/scalable-targets.ts";
import { isRoutable, type Ledger, type Version } from "../lifecycle/ledger.ts";
import { edgeForgetsAfterMs } from "../lifecycle/lifecycle.ts";
import { LockstepError } from "../lifecycle/lockstep-error.ts";
import { mapChangedAt } from "../lifecycle/map-publisher.ts";
import { refusal } from "../lifecycle/refusal.ts";
import { matchCapacity } from "../release/match-capacity.ts";
import { probeEdge } from "../release/probe-edge.ts";
import { pointAndVerify, promoteInLedger } from "../release/to-readers.ts";
import { verifyFiles } from "../release/verify-files.ts";
import { type OperationContext, originOf } from "./context.ts";

export interface PromoteResult {
  id: string;
  /** What was current before, if anything was. */
  previous?: string;
  /** It was current already. */
  already: boolean;
  page: "seen" | "overtaken";
  origin: string;
  ledger: Ledger;
}

/**
 * Makes a version that still runs the one that new pages get, without a build:
 *
 *     check its files ∥ scale it to what current runs, wait until healthy → (draining: back into the map)
 *     → see it through the edge → ledger: current, map → pointer → verify the page
 *
 * Killed anywhere it leaves a state that running it again finishes; until `current` the old version stays what it was.
 *
 * @throws LockstepError RECALLED, WRONG_STATE, VERSION_UNKNOWN before anything is changed; FILES_MISSING,
 *   TARGETS_UNHEALTHY, EDGE_NOT_SEEN with current untouched
 */
export async function promoteVersion(id: string, context: OperationContext): Promise<PromoteResult> {
  const { lifecycle, progress } = context;
  const origin = originOf(context);
  const ledger = await progress.step("Preflight", async ({ note }) => {
    // What an earlier run did not write yet is written first: the edge is asked below.
    await lifecycle.publishMap();
    await lifecycle.writePointer();
    const ledger = await lifecycle.store.read();
    note(`${id} is ${ledger.versions[id]?.state ?? "unknown"}`);
    return ledger;
  });
  if (ledger.current === id)
    return { id, already: true, page: await pointAndVerify(id, context), origin, ledger };
  refuseImpossible(id, ledger);
  await makeReady(id, ledger, context);
  await seeThroughEdge(id, context);
  // What it was decided against: a fix that became current while tasks came up must not be rolled back unseen.
  const unless = ledger.current === undefined ? undefined : { notOver: ledger.current };
  const { previous, ledger: promoted } = await promoteInLedger(id, unless, context);
  const page = await pointAndVerify(id, context);
  // A janitor that planned before the promotion may have lowered the minimum since, and auto scaling the tasks.
  await progress.step("Verify its tasks", async ({ note }) => {
    await raiseMinimum(id, ledger, context);
    note(await matchCapacity(id, ledger.versions[id]!.targetGroupArn!, ledger, context));
  });
  return { id, previous, already: false, page, origin, ledger: promoted };
}

/**
 * Goes back to a version that was current before.
 *
 * @param id default: of the older ones that still run and were not recalled, the one that was current last
 * @throws LockstepError NO_ROLLBACK when there is none; otherwise what `promoteVersion` throws
 */
export async function rollback(id: string | undefined, context: OperationContext): Promise<PromoteResult> {
  const target = id ?? previousCurrent(await context.lifecycle.store.read());
  if (target === undefined)
    throw new LockstepError("NO_ROLLBACK", "No older version that was current still runs.");
  return promoteVersion(target, context);
}

/**
 * Of the versions older than current to which one can go back, the one that was current last. Back is always older: a second
 * rollback must not lead to the version from which the first one fled.
 */
export function previousCurrent(ledger: Ledger): string | undefined {
  const { current = "" } = ledger;
  const candidates = Object.entries(ledger.versions).filter(
    ([id, { promotedAt }]) => id < current && promotedAt !== undefined && canReturn(id, ledger),
  );
  candidates.sort(([, a], [, b]) => lastCurrentAt(b) - lastCurrentAt(a));
  return candidates[0]?.[0];
}

/** Until when it was current: a version that drains was superseded, or revived, before. */
function lastCurrentAt({ supersededAt, promotedAt }: Version): number {
  return supersededAt ?? promotedAt ?? 0;
}

function canReturn(id: string, ledger: Ledger): boolean {
  const type = ledger.versions[id]?.state === "draining" ? "revive" : "promote";
  return refusal(ledger, { type, id }) === undefined;
}

function refuseImpossible(id: string, ledger: Ledger): void {
  if (canReturn(id, ledger)) return;
  const type = ledger.versions[id]?.state === "draining" ? "revive" : "promote";
  throw refusal(ledger, { type, id });
}

/** Files and tasks, side by side; a version that drains comes back into the map when both are there. */
async function makeReady(id: string, ledger: Ledger, context: OperationContext): Promise<void> {
  const { lifecycle, clients, outputs, progress } = context;
  await Promise.all([
    progress.step("Check its files", async ({ note }) => {
      const manifest = await lifecycle.manifests.read(id);
      if (manifest === undefined) throw new LockstepError("FILES_MISSING", `${id} has no manifest.`);
      await verifyFiles(id, manifest, { s3: clients.s3, bucket: outputs.webBucket });
      note(`${manifest.size} files`);
    }),
    progress.step("Scale it up", async ({ note }) => {
      await raiseMinimum(id, ledger, context);
      note(await matchCapacity(id, ledger.versions[id]!.targetGroupArn!, ledger, context));
    }),
  ]);
  if (!isRoutable(ledger.versions[id]!.state))
    await progress.step("Bring it back into the map", () => revive(id, context));
}

/** Raises the minimum of a version's scaling to `api.minTasks` again: the janitor lowers it while the version is superseded. */
function raiseMinimum(
  id: string,
  { versions }: Ledger,
  { clients, outputs, config }: OperationContext,
): Promise<void> {
  const { clusterName } = outputs;
  return setFewestTasks(versions[id]!.service, config.api.minTasks, {
    autoscaling: clients.autoscaling,
    clusterName,
  });
}

async function revive(id: string, { lifecycle, actor, reason }: OperationContext): Promise<void> {
  await lifecycle.apply({ type: "revive", id }, { actor, reason });
  await lifecycle.publishMap();
}

/** A version that was in the map all the time is known to every edge: one answer is enough. One that came back is not. */
async function seeThroughEdge(id: string, context: OperationContext): Promise<void> {
  const { config, progress, clock } = context;
  if (!config.protection.enabled) return;
  await progress.step("Probe through the edge", async ({ note }) => {
    const proofMs = (await mayBeNewToEdges(id, context)) ? edgeForgetsAfterMs(config) : 0;
    const count = await probeEdge({
      config,
      origin: originOf(context),
      id,
      clock,
      proofMs,
      fetch: context.fetch,
    });
    note(count === 1 ? "it answers" : `${count} answers`);
  });
}

/**
 * Whether an edge may still remember a map without the version. One that was current was proven to every edge then, and is in
 * the map ever since, unless it drained. When any other entered the map is not in the ledger: a run that was killed between the
 * two leaves the map to whoever comes next. So any change of the map counts, and one of unknown age too.
 */
async function mayBeNewToEdges(id: string, context: OperationContext): Promise<boolean> {
  const { config, clients, outputs, lifecycle, clock } = context;
  const { promotedAt, revivedAt } = (await lifecycle.store.read()).versions[id] ?? {};
  if (promotedAt !== undefined && revivedAt === undefined) return false;
  const changedAt = await mapChangedAt({ ssm: clients.ssm, parameter: outputs.mapParameter });
  return changedAt === undefined || clock.now() - changedAt < edgeForgetsAfterMs(config);
}
