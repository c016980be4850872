import pLimit from "p-limit";
import { deleteUnlistedFiles } from "./delete-files.ts";
import { type JanitorContext, type Look, look } from "./look.ts";
import { markDecisions } from "./mark-decisions.ts";
import { markUnrouted } from "./mark-unrouted.ts";
import type { Action, RetirementPlan } from "./plan-retirement.ts";
import { finishRetirement, type RetireContext } from "./retire.ts";

/** What a run did, left for the next one, and could not do. */
export interface JanitorReport {
  plan: RetirementPlan;
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
 *     repair map and pointer → plan → ledger: failed, draining → map → ledger: unrouted → tasks to zero → stack → ledger: retired → files
 *
 * @throws only when nothing could be started (ledger damaged, no access); the trouble of one version is in the report
 */
export async function runJanitor(options: JanitorOptions): Promise<JanitorReport> {
  const { lifecycle, log } = options;
  await lifecycle.publishMap();
  await lifecycle.writePointer();
  const seen = await look(options);
  const report: JanitorReport = { plan: seen.plan, done: [], postponed: [], failed: [] };
  for (const action of seen.plan.actions) log("planned", { ...action });
  for (const kept of seen.plan.kept) log("kept", { ...kept });

  await markDecisions(seen.plan.actions, seen.ledger, { ...options, actor: ACTOR });
  await markUnrouted({ ...options, actor: ACTOR });
  await takeApart(options, report);
  await attempt(options, report, "files", () => deleteFiles(options, seen, report));
  await attempt(options, report, "leases", () => clearLeases(options, seen));
  log("finished", { done: report.done, postponed: report.postponed, failed: report.failed });
  return report;
}

async function takeApart(options: JanitorOptions, report: JanitorReport): Promise<void> {
  const ledger = await options.lifecycle.store.read();
  const releases = await options.lifecycle.leases.list();
  const context: RetireContext = { ...options, actor: ACTOR };
  const limit = pLimit(CONCURRENCY);
  const leaving = Object.entries(ledger.versions).filter(
    ([id, { state }]) => state === "draining" || (state === "failed" && releases.get(id) !== "running"),
  );
  await Promise.all(
    leaving.map(([id]) =>
      limit(() =>
        attempt(options, report, id, async () => {
          const outcome = await finishRetirement(id, context);
          if (outcome === "retired") report.done.push(`retired ${id}`);
          else report.postponed.push(`${id}: ${outcome}`);
        }),
      ),
    ),
  );
}

async function deleteFiles(options: JanitorOptions, { plan }: Look, report: JanitorReport): Promise<void> {
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
  if (deleted === "raced") report.postponed.push("files: another version appeared meanwhile");
  else if (deleted === "busy") report.postponed.push("files: another run may be deleting them");
  else report.done.push(`deleted ${deleted} files of ${ids.join(", ")}`);
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
  report: JanitorReport,
  what: string,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    const { name, message } = error as Error;
    report.failed.push(`${what}: ${message}`);
    log("failed", { what, name, message });
  }
}
