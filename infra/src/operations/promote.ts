import { setFewestTasks } from "../aws/scalable-targets.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import { isRoutable, type Ledger, type Version } from "../lifecycle/ledger.ts";
import { oldMapsExpireAfterMs } from "../lifecycle/lifecycle.ts";
import { mapChangedAt } from "../lifecycle/map-publisher.ts";
import { refusal } from "../lifecycle/refusal.ts";
import { pointAndVerify, promoteInLedger } from "../release/publish/bring-to-users.ts";
import { probeEdge } from "../release/publish/probe-edge.ts";
import { type OperationContext, originOf } from "../versions/context.ts";
import { matchCapacity } from "../versions/match-capacity.ts";
import { verifyFiles } from "../versions/verify-files.ts";

export interface PromoteResult {
  id: string;
  /** The version that was current before, if any. */
  previous?: string;
  /** It was current before this call. */
  already: boolean;
  page: "seen" | "overtaken";
  origin: string;
  ledger: Ledger;
}

/**
 * Promotes a version that still runs. Needs no build:
 *
 *     check its files ∥ scale it to the tasks of current, wait until healthy → (draining: back into the map)
 *     → probe it through the edge → ledger: current, map → pointer → verify the page
 *
 * If it is killed, running it again finishes the work. Until the ledger says `current`, the old version stays current.
 *
 * @throws LockstepError RECALLED, WRONG_STATE, VERSION_UNKNOWN before anything is changed; FILES_MISSING,
 *   TARGETS_UNHEALTHY, EDGE_NOT_SEEN with current unchanged
 */
export async function promoteVersion(id: string, context: OperationContext): Promise<PromoteResult> {
  const { lifecycle, progress } = context;
  const origin = originOf(context);
  const ledger = await progress.step("Preflight", async ({ note }) => {
    // An earlier run may have been killed before it wrote these. The edge is probed below.
    await lifecycle.publishMap();
    await lifecycle.writePointer();
    const ledger = await lifecycle.store.read();
    note(`${id} is ${ledger.versions[id]?.state ?? "unknown"}`);
    return ledger;
  });
  if (ledger.current === id)
    return { id, already: true, page: await pointAndVerify(id, { already: true }, context), origin, ledger };
  const refused = promoteRefusal(id, ledger);
  if (refused !== undefined) throw refused;
  await prepareVersion(id, ledger, context);
  await probe(id, context);
  // If another version became current while the tasks started, it must not be replaced without the operator's
  // knowledge.
  const unless = ledger.current === undefined ? undefined : { notOver: ledger.current };
  const promotion = await promoteInLedger(id, unless, context);
  const page = await pointAndVerify(id, promotion, context);
  // A janitor that planned before the promotion may have lowered the minimum, and auto scaling the task count.
  await progress.step("Verify tasks", async ({ note }) => {
    await raiseMinimum(id, ledger, context);
    note(await matchCapacity(id, ledger.versions[id]!.targetGroupArn!, ledger, context));
  });
  return { id, previous: promotion.previous, already: false, page, origin, ledger: promotion.ledger };
}

/**
 * Promotes a version that was current before.
 *
 * @param id default: the older version that was current last, among those that still run and were not recalled
 * @throws LockstepError NO_ROLLBACK if there is none; otherwise what `promoteVersion` throws
 */
export async function rollback(id: string | undefined, context: OperationContext): Promise<PromoteResult> {
  const target = id ?? previousCurrent(await context.lifecycle.store.read());
  if (target === undefined)
    throw new LockstepError("NO_ROLLBACK", "No older version that was current before is still running.");
  return promoteVersion(target, context);
}

/**
 * The version that was current last, among the older versions that can be promoted. A rollback always goes to an older
 * version, so that a second rollback does not return to the bad version that the first one left.
 */
export function previousCurrent(ledger: Ledger): string | undefined {
  const { current = "" } = ledger;
  const candidates = Object.entries(ledger.versions).filter(
    ([id, { promotedAt }]) =>
      id < current && promotedAt !== undefined && promoteRefusal(id, ledger) === undefined,
  );
  candidates.sort(([, a], [, b]) => lastCurrentAt(b) - lastCurrentAt(a));
  return candidates[0]?.[0];
}

/** When the version stopped being current. A draining version was superseded or revived before. */
function lastCurrentAt({ supersededAt, promotedAt }: Version): number {
  return supersededAt ?? promotedAt ?? 0;
}

/** Why a version cannot be promoted; `undefined` if it can. A draining version is revived first. */
function promoteRefusal(id: string, ledger: Ledger): LockstepError | undefined {
  const type = ledger.versions[id]?.state === "draining" ? "revive" : "promote";
  return refusal(ledger, { type, id });
}

/** Checks files and starts tasks in parallel. A draining version then returns to the map. */
async function prepareVersion(id: string, ledger: Ledger, context: OperationContext): Promise<void> {
  const { lifecycle, clients, outputs, progress } = context;
  await Promise.all([
    progress.step("Check files", async ({ note }) => {
      const manifest = await lifecycle.manifests.read(id);
      if (manifest === undefined) throw new LockstepError("FILES_MISSING", `${id} has no manifest.`);
      await verifyFiles(id, manifest, { s3: clients.s3, bucket: outputs.webBucket });
      note(`${manifest.size} files`);
    }),
    progress.step("Scale up", async ({ note }) => {
      await raiseMinimum(id, ledger, context);
      note(await matchCapacity(id, ledger.versions[id]!.targetGroupArn!, ledger, context));
    }),
  ]);
  if (!isRoutable(ledger.versions[id]!.state))
    await progress.step("Return to the map", () => revive(id, context));
}

/** Raises the minimum of the version's scaling to `api.minTasks`. The janitor lowers it for superseded versions. */
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

/** Probes the version through the edge. One answer is enough if every edge has it in its map. */
async function probe(id: string, context: OperationContext): Promise<void> {
  const { config, progress, clock } = context;
  if (!config.protection.enabled) return;
  await progress.step("Probe through the edge", async ({ note }) => {
    const proofMs = (await mayBeNewToEdges(id, context)) ? oldMapsExpireAfterMs(config) : 0;
    const count = await probeEdge({
      config,
      origin: originOf(context),
      id,
      clock,
      proofMs,
      fetch: context.fetch,
    });
    note(count === 1 ? "1 answer" : `${count} answers`);
  });
}

/**
 * Whether an edge may still have a map without the version. A version that was current was proven to every edge then,
 * and has been in the map since, unless it drained. For any other version the ledger does not say when it entered the
 * map, because a killed run may have left that to the next one. So the time of the map's last change counts, and an
 * unknown time counts as recent.
 */
async function mayBeNewToEdges(id: string, context: OperationContext): Promise<boolean> {
  const { config, clients, outputs, lifecycle, clock } = context;
  const { promotedAt, revivedAt } = (await lifecycle.store.read()).versions[id] ?? {};
  if (promotedAt !== undefined && revivedAt === undefined) return false;
  const changedAt = await mapChangedAt({ ssm: clients.ssm, parameter: outputs.mapParameter });
  return changedAt === undefined || clock.now() - changedAt < oldMapsExpireAfterMs(config);
}
