import pLimit from "p-limit";
import { eventSender } from "../aws/event-bus.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { ReadContext } from "../versions/context.ts";
import { markDecisions } from "../versions/mark-decisions.ts";
import { markUnrouted } from "../versions/mark-unrouted.ts";
import { finishRetirement, type RetireContext } from "../versions/retire.ts";
import { changeTasks } from "./act/change-tasks.ts";
import { deleteUnlistedFiles } from "./act/delete-files.ts";
import { removeOrphan } from "./act/remove-orphan.ts";
import { type Inspection, inspectVersions } from "./inspect.ts";
import type { Action, RetirementPlan } from "./plan/plan-retirement.ts";
import type { Upkeep } from "./plan/plan-upkeep.ts";
import type { Costs } from "./report/cost.ts";
import { type Figures, figuresOf } from "./report/figures.ts";
import { emptyOutcome, type Outcome } from "./report/outcome.ts";

export interface JanitorReport extends Outcome {
  mode: "act" | "advise";
  plan: RetirementPlan;
  costs: Costs;
  figures: Figures;
}

export interface JanitorOptions extends ReadContext {
  /** When this run must be over, in milliseconds since the epoch. A Lambda function has 15 minutes. */
  deadline: number;
  /** Called once per step of the run. */
  log: (event: string, detail: Record<string, unknown>) => void;
}

/** One run, with what its steps need. */
interface Run extends JanitorOptions {
  inspection: Inspection;
  outcome: Outcome;
  retirement: RetireContext;
}

const ACTOR = "janitor";
/** Versions that are retired at the same time: ECS accepts 5 changes of services per second. */
const CONCURRENCY = 4;

/**
 * Repairs the projections, plans, and carries out the plan. Every step can be killed and repeated, also by two runs at
 * the same time: the ledger refuses events that are no longer allowed, and a resource that does not exist counts as removed.
 *
 *     repair map and pointer → plan → ledger: failed, draining, expiry announced → pointer, map → ledger: unrouted
 *     → tasks to zero → stack → ledger: retired → tasks of kept versions → files → orphans → leases
 *
 * With a `janitor.mode` other than `act` it changes nothing.
 *
 * @throws only if nothing could be started (ledger damaged, no access). A failure with one version is in the report
 */
export async function runJanitor(options: JanitorOptions): Promise<JanitorReport> {
  const { lifecycle, log, config, clock } = options;
  const mode = config.janitor.mode === "act" ? "act" : "advise";
  if (mode === "act") {
    await lifecycle.publishMap();
    await lifecycle.writePointer();
  }
  const inspection = await inspectVersions(options);
  const { plan, costs, unread } = inspection;
  const outcome: Outcome = { ...emptyOutcome(), failed: [...unread] };
  logPlan(inspection, mode, log);
  if (mode === "act") await executePlan(startRun(inspection, outcome, options));
  const ledger = outcome.done.length > 0 ? await lifecycle.store.read() : inspection.ledger;
  const figures = figuresOf(ledger, inspection, outcome, clock.now());
  log("finished", { mode, ...outcome, figures });
  return { mode, plan, costs, ...outcome, figures };
}

function startRun(inspection: Inspection, outcome: Outcome, options: JanitorOptions): Run {
  const sendEvents = eventSender(options.clients.events, (failure) => {
    outcome.unsentEvents.push(failure);
    options.log("event-not-sent", { ...failure });
  });
  return { ...options, inspection, outcome, retirement: { ...options, actor: ACTOR, sendEvents } };
}

function logPlan({ plan, unread }: Inspection, mode: string, log: JanitorOptions["log"]): void {
  const planned = mode === "act" ? "planned" : "advised";
  for (const decision of [...plan.actions, ...plan.upkeep]) log(planned, { ...decision });
  for (const { kind, id, name, reason } of plan.orphans)
    log(planned, { do: "remove-orphan", kind, id, name, reason });
  for (const kept of plan.kept) log("kept", { ...kept });
  for (const failure of unread) log("unread", { ...failure });
}

async function executePlan(run: Run): Promise<void> {
  const { plan } = run.inspection;
  const ledger = await recordDecisions(run);
  await retireVersions(ledger, run);
  for (const change of plan.upkeep) await attempt(change.id, run, () => applyUpkeep(change, run));
  await attempt("files", run, () => deleteFiles(run));
  for (const orphan of plan.orphans)
    await attempt(`${orphan.kind} ${orphan.name}`, run, async () => {
      const { done, postponed } = run.outcome;
      const { kind, name, reason } = orphan;
      const removal = await removeOrphan(orphan, run);
      if (removal === "removed") done.push({ kind: "removed-orphan", orphan: kind, name, reason });
      else if (removal === "waiting") postponed.push({ kind: "orphan", name, why: "stack" });
    });
  await attempt("leases", run, () => clearLeases(run));
}

/** Records the decisions in the ledger, then updates map and pointer. @returns the ledger afterwards */
async function recordDecisions({ inspection, lifecycle, retirement }: Run): Promise<Ledger> {
  const { plan, ledger: before } = inspection;
  await markDecisions([...plan.actions, ...plan.upkeep], before, retirement);
  if (plan.upkeep.some((one) => one.do === "announce")) await lifecycle.writePointer();
  const ledger = await lifecycle.store.read();
  const toUnroute = Object.values(ledger.versions).some(
    ({ state, unroutedAt }) => state === "draining" && unroutedAt === undefined,
  );
  if (!toUnroute) return ledger;
  await markUnrouted(retirement);
  // The status must not announce the expiry of versions that left the map.
  await lifecycle.writePointer();
  return ledger;
}

async function retireVersions(ledger: Ledger, run: Run): Promise<void> {
  const states = Object.entries(ledger.versions).map(([id, { state }]) => ({ id, state }));
  const retiring = states.filter(({ state }) => state === "draining" || state === "failed");
  if (retiring.length === 0) return;
  const releases = await run.lifecycle.leases.list();
  const limit = pLimit(CONCURRENCY);
  await Promise.all(
    retiring
      .filter(({ id, state }) => state === "draining" || releases.get(id) !== "running")
      .map(({ id }) =>
        limit(() =>
          attempt(id, run, async () => {
            const result = await finishRetirement(id, run.retirement);
            if (result === "retired") run.outcome.done.push({ kind: "retired", id });
            else run.outcome.postponed.push({ kind: "retirement", id, why: result });
          }),
        ),
      ),
  );
}

/** Changes the tasks or the scaling of a version that is kept. */
async function applyUpkeep(change: Upkeep, run: Run): Promise<void> {
  const { done } = run.outcome;
  const { id } = change;
  if (change.do === "announce") {
    done.push({ kind: "announced", id, endsAt: change.endsAt }); // recorded with the other decisions
    return;
  }
  const before = run.inspection.capacity?.get(id);
  if (before === undefined || !(await changeTasks(change, { ...run, before }))) return;
  const { fewest, reason } = change;
  done.push(
    change.do === "restore"
      ? { kind: "restored", id, tasks: change.tasks, reason }
      : { kind: "lowered-minimum", id, fewest, reason },
  );
}

async function deleteFiles({ inspection, outcome, clients, outputs, lifecycle, clock }: Run): Promise<void> {
  const ids = inspection.plan.actions
    .filter((action: Action) => action.do === "delete-files")
    .map(({ id }) => id);
  if (ids.length === 0) return;
  const deleted = await deleteUnlistedFiles(ids, {
    s3: clients.s3,
    bucket: outputs.webBucket,
    lifecycle,
    clock,
    actor: ACTOR,
  });
  if (typeof deleted === "string") outcome.postponed.push({ kind: "files", why: deleted });
  else outcome.done.push({ kind: "deleted-files", ids, count: deleted });
}

/** Removes the leases of killed releases that left no resources, and manifests of versions not in the ledger. */
async function clearLeases({ lifecycle, inspection }: Run): Promise<void> {
  const died = [...inspection.releases].filter(([, release]) => release === "died").map(([id]) => id);
  if (died.length === 0) return;
  const { versions } = await lifecycle.store.read();
  for (const id of died) {
    const state = versions[id]?.state;
    if (state === "deploying" || state === "published") continue;
    if (state === undefined) await lifecycle.manifests.remove(id);
    await lifecycle.leases.end(id);
  }
}

async function attempt(what: string, { log, outcome }: Run, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    const { name, message } = error as Error;
    outcome.failed.push({ what, message });
    log("failed", { what, name, message });
  }
}
