import pLimit from "p-limit";
import type { Ledger } from "../lifecycle/ledger.ts";
import { changeTasks } from "./change-tasks.ts";
import type { Costs } from "./cost.ts";
import { deleteUnlistedFiles } from "./delete-files.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { type JanitorContext, type Look, look } from "./look.ts";
import { markDecisions } from "./mark-decisions.ts";
import { markUnrouted } from "./mark-unrouted.ts";
import type { Action, RetirementPlan } from "./plan-retirement.ts";
import type { Upkeep } from "./plan-upkeep.ts";
import { removeOrphan } from "./remove-orphan.ts";
import { finishRetirement, type RetireContext } from "./retire.ts";

/** What a run did, left for the next one, and could not do. */
export interface JanitorReport {
  mode: "act" | "advise";
  plan: RetirementPlan;
  costs: Costs;
  figures: Figures;
  /** "retired 20261122-…", in order. */
  done: string[];
  /** What goes on by itself or at the next run. */
  postponed: string[];
  /** What went wrong; the other versions had their turn all the same. */
  failed: string[];
}

export interface JanitorOptions extends JanitorContext {
  /** When this run must be over, in milliseconds since the epoch: a Lambda has 15 minutes. */
  deadline: number;
  /** One line per thing that happened. */
  log: (event: string, detail: Record<string, unknown>) => void;
}

const ACTOR = "janitor";
/** Versions that are taken apart at a time: ECS takes 5 changes of services a second. */
const CONCURRENCY = 4;

/**
 * Repairs the projections, plans, and does what the plan says. Every step can be killed and done again, by two runs at
 * once too: the ledger refuses what is not allowed any more, and what is gone already counts as done.
 *
 *     repair map and pointer → plan → ledger: failed, draining, ends announced → pointer, map → ledger: unrouted
 *     → tasks to zero → stack → ledger: retired → tasks of those that stay → files → orphans → leases
 *
 * With a `janitor.mode` other than `act` it changes nothing.
 *
 * @throws only when nothing could be started (ledger damaged, no access); the trouble of one version is in the report
 */
export async function runJanitor(options: JanitorOptions): Promise<JanitorReport> {
  const { lifecycle, log, config, clock } = options;
  const mode = config.janitor.mode === "act" ? "act" : "advise";
  if (mode === "act") {
    await lifecycle.publishMap();
    await lifecycle.writePointer();
  }
  const seen = await look(options);
  const { plan, costs, unread } = seen;
  const outcome = { done: [], postponed: [], failed: [...unread] };
  logPlan(seen, mode, log);
  if (mode === "act") await act(seen, options, outcome);
  const ledger = outcome.done.length > 0 ? await lifecycle.store.read() : seen.ledger;
  const figures = figuresOf(ledger, seen, outcome, clock.now());
  const report: JanitorReport = { mode, plan, costs, ...outcome, figures };
  log("finished", { mode, ...outcome, figures });
  return report;
}

type Outcome = Pick<JanitorReport, "done" | "postponed" | "failed">;

function logPlan({ plan, unread }: Look, mode: string, log: JanitorOptions["log"]): void {
  const planned = mode === "act" ? "planned" : "advised";
  for (const decision of [...plan.actions, ...plan.upkeep]) log(planned, { ...decision });
  for (const { kind, id, name, reason } of plan.orphans)
    log(planned, { do: "remove-orphan", kind, id, name, reason });
  for (const kept of plan.kept) log("kept", { ...kept });
  for (const what of unread) log("unread", { what });
}

async function act(seen: Look, options: JanitorOptions, outcome: Outcome): Promise<void> {
  const { plan } = seen;
  const ledger = await mark(seen, options);
  await takeApart(ledger, options, outcome);
  for (const change of plan.upkeep)
    await attempt(options, outcome, change.id, () => keepUp(change, seen, options, outcome));
  await attempt(options, outcome, "files", () => deleteFiles(options, seen, outcome));
  for (const orphan of plan.orphans)
    await attempt(options, outcome, `${orphan.kind} ${orphan.name}`, async () => {
      const removal = await removeOrphan(orphan, options);
      if (removal === "removed") outcome.done.push(`removed ${orphan.kind} ${orphan.name}: ${orphan.reason}`);
      else if (typeof removal === "object") outcome.postponed.push(`${orphan.name}: ${removal.waits}`);
    });
  await attempt(options, outcome, "leases", () => clearLeases(options, seen));
}

/** What was decided goes into the ledger, then to the edge. @returns the ledger after it */
async function mark({ plan, ledger: before }: Look, options: JanitorOptions): Promise<Ledger> {
  const { lifecycle } = options;
  const context = { ...options, actor: ACTOR };
  await markDecisions([...plan.actions, ...plan.upkeep], before, context);
  if (plan.upkeep.some((one) => one.do === "announce")) await lifecycle.writePointer();
  const ledger = await lifecycle.store.read();
  const toUnroute = Object.values(ledger.versions).some(
    ({ state, unroutedAt }) => state === "draining" && unroutedAt === undefined,
  );
  if (!toUnroute) return ledger;
  await markUnrouted(context);
  // Those that were announced to end have ended: the status is not to name them any more.
  await lifecycle.writePointer();
  return ledger;
}

async function takeApart(ledger: Ledger, options: JanitorOptions, outcome: Outcome): Promise<void> {
  const states = Object.entries(ledger.versions).map(([id, { state }]) => ({ id, state }));
  const leaving = states.filter(({ state }) => state === "draining" || state === "failed");
  if (leaving.length === 0) return;
  const releases = await options.lifecycle.leases.list();
  const context: RetireContext = { ...options, actor: ACTOR };
  const limit = pLimit(CONCURRENCY);
  await Promise.all(
    leaving
      .filter(({ id, state }) => state === "draining" || releases.get(id) !== "running")
      .map(({ id }) =>
        limit(() =>
          attempt(options, outcome, id, async () => {
            const came = await finishRetirement(id, context);
            if (came === "retired") outcome.done.push(`retired ${id}`);
            else outcome.postponed.push(`${id}: ${came}`);
          }),
        ),
      ),
  );
}

async function keepUp(
  change: Upkeep,
  { runsOn }: Look,
  options: JanitorOptions,
  outcome: Outcome,
): Promise<void> {
  if (change.do === "announce") {
    outcome.done.push(
      `told the pages of ${change.id} that it ends at ${new Date(change.endsAt).toISOString()}`,
    );
    return;
  }
  const before = runsOn?.get(change.id);
  if (before === undefined) return;
  if (await changeTasks(change, { ...options, before }))
    outcome.done.push(`${CHANGED[change.do]} ${change.id}: ${change.reason}`);
}

const CHANGED = { restore: "restored", "lower-minimum": "lowered the minimum tasks of" } as const;

async function deleteFiles(options: JanitorOptions, { plan }: Look, outcome: Outcome): Promise<void> {
  const ids = plan.actions.filter((action: Action) => action.do === "delete-files").map(({ id }) => id);
  if (ids.length === 0) return;
  const { clients, outputs, lifecycle, clock } = options;
  const deleted = await deleteUnlistedFiles(ids, {
    s3: clients.s3,
    bucket: outputs.webBucket,
    lifecycle,
    clock,
    actor: ACTOR,
  });
  if (deleted === "raced") outcome.postponed.push("files: another version appeared meanwhile");
  else if (deleted === "busy") outcome.postponed.push("files: another run may be deleting them");
  else outcome.done.push(`deleted ${deleted} files of ${ids.join(", ")}`);
}

/** Leases of killed releases, once nothing is left that they explain; and the manifest of one that never began. */
async function clearLeases({ lifecycle }: JanitorOptions, { releases }: Look): Promise<void> {
  const died = [...releases].filter(([, release]) => release === "died").map(([id]) => id);
  if (died.length === 0) return;
  const { versions } = await lifecycle.store.read();
  for (const id of died) {
    const state = versions[id]?.state;
    if (state === "deploying" || state === "published") continue;
    if (state === undefined) await lifecycle.manifests.remove(id);
    await lifecycle.leases.end(id);
  }
}

async function attempt(
  { log }: JanitorOptions,
  outcome: Outcome,
  what: string,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    const { name, message } = error as Error;
    outcome.failed.push(`${what}: ${message}`);
    log("failed", { what, name, message });
  }
}
