import type { EventFailure } from "../../aws/event-bus.ts";
import { formatCount, formatMoment } from "../../base/format.ts";
import type { Inspection } from "../../janitor/inspect.ts";
import type { Orphan } from "../../janitor/plan/find-orphans.ts";
import type { ActionKind, Kept } from "../../janitor/plan/plan-retirement.ts";
import type { Upkeep } from "../../janitor/plan/plan-upkeep.ts";
import type { Costs } from "../../janitor/report/cost.ts";
import type { Done, Failure, Postponed } from "../../janitor/report/outcome.ts";
import type { JanitorReport } from "../../janitor/run-janitor.ts";
import { UNFINISHED_TEXT } from "../../versions/retire.ts";

const ACTION_TEXT: Record<ActionKind, string> = {
  fail: "mark as failed",
  remove: "remove",
  drain: "retire",
  finish: "continue to retire",
  "delete-files": "delete the files of",
};

/** A plan as text: one line per version, newest first, then the other actions and the costs. */
export function planText(
  { plan, costs, unread }: Pick<Inspection, "plan" | "costs" | "unread">,
  now: number,
): string {
  const versions = [
    ...plan.actions.map(({ do: kind, id, reason }) => ({
      id,
      text: `${ACTION_TEXT[kind]} ${id}: ${reason}${costText(id, costs, "saves about")}`,
    })),
    ...plan.kept.map((kept) => ({
      id: kept.id,
      text: `keep ${kept.id}: ${kept.reason}${untilText(kept, now)}${costText(kept.id, costs, "about")}`,
    })),
  ].sort((a, b) => (a.id < b.id ? 1 : -1));
  const others = [
    ...plan.upkeep.map((one) => upkeepText(one, now)),
    ...plan.orphans.map(orphanText),
    ...unread.map((failure) => `could not read ${failureText(failure)}`),
  ];
  const otherActions = plan.upkeep.length + plan.orphans.length;
  const first =
    plan.actions.length + otherActions === 0
      ? "The janitor has nothing to do."
      : `The janitor would act on ${plan.actions.length} of ${formatCount(versions.length, "version")}${otherActions === 0 ? "" : ` and perform ${formatCount(otherActions, "other action")}`}.`;
  const lines = [...versions.map(({ text }) => text), ...others].map((line) => `  ${line}`);
  return `${[first, ...lines, ...totalText(costs)].join("\n")}\n`;
}

function untilText({ code, until, ifUnused }: Kept, now: number): string {
  const unused =
    ifUnused === undefined ? "" : `; retires at ${formatMoment(ifUnused, now)} if it is not used again`;
  if (until === undefined) return unused;
  if (code === "grace" || code === "rollback")
    return `; retires at ${formatMoment(until, now)} if it stays idle`;
  if (code === "files-kept") return ` until ${formatMoment(until, now)}`;
  return `${unused}; expires at ${formatMoment(until, now)}`;
}

function upkeepText(one: Upkeep, now: number): string {
  const { id, reason } = one;
  switch (one.do) {
    case "announce":
      return `warn the pages of ${id} that it expires at ${formatMoment(one.endsAt, now)}: ${reason}`;
    case "restore":
      return `scale ${id} to ${formatCount(one.tasks, "task")}: ${reason}`;
    case "lower-minimum":
      return `lower the minimum of ${id} to ${formatCount(one.fewest, "task")}: ${reason}`;
  }
}

function orphanText({ kind, name, reason }: Orphan): string {
  return `remove ${kind} ${name}: ${reason}`;
}

function costText(id: string, { monthly }: Costs, word: string): string {
  const cost = monthly[id];
  return cost === undefined ? "" : `; ${word} ${formatDollars(cost)} a month`;
}

function totalText({ monthly, total, saved, prices }: Costs): string[] {
  const count = Object.keys(monthly).length;
  if (count === 0) return [];
  const saves = saved > 0 ? `; the plan saves ${formatDollars(saved)}` : "";
  return [
    `Estimate: ${formatCount(count, "version")} ${count === 1 ? "costs" : "cost"} about ${formatDollars(total)} a month${saves} (Fargate prices of ${prices}).`,
  ];
}

function formatDollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}

/** The result of a run as text. */
export function reportText(
  { mode, plan, costs, done, postponed, failed, unsentEvents }: Omit<JanitorReport, "figures">,
  now: number,
): string {
  if (mode === "advise")
    return `The janitor changed nothing: janitor.mode is "advise".\n${planText({ plan, costs, unread: failed }, now)}`;
  const first =
    failed.length > 0
      ? `The janitor ran. ${formatCount(failed.length, "action")} failed; the next run retries ${failed.length === 1 ? "it" : "them"}.`
      : done.length + postponed.length === 0
        ? "The janitor ran and found nothing to do."
        : `The janitor ran: ${done.length} done, ${postponed.length} to be continued by the next run.`;
  const lines = [
    ...done.map((one) => `done: ${doneText(one, now)}`),
    ...postponed.map((one) => `to be continued: ${postponedText(one)}`),
    ...failed.map((failure) => `failed: ${failureText(failure)}`),
    ...unsentEvents.map(unsentText),
    ...plan.kept.map((kept) => `kept ${kept.id}: ${kept.reason}${untilText(kept, now)}`),
  ];
  return `${[first, ...lines.map((line) => `  ${line}`), ...totalText(costs)].join("\n")}\n`;
}

function doneText(done: Done, now: number): string {
  switch (done.kind) {
    case "retired":
      return `retired ${done.id}`;
    case "announced":
      return `warned the pages of ${done.id} that it expires at ${formatMoment(done.endsAt, now)}`;
    case "restored":
      return `scaled ${done.id} to ${formatCount(done.tasks, "task")}: ${done.reason}`;
    case "lowered-minimum":
      return `lowered the minimum of ${done.id} to ${formatCount(done.fewest, "task")}: ${done.reason}`;
    case "deleted-files":
      return `deleted ${formatCount(done.count, "file")} of ${done.ids.join(", ")}`;
    case "removed-orphan":
      return `removed ${done.orphan} ${done.name}: ${done.reason}`;
  }
}

function postponedText(postponed: Postponed): string {
  switch (postponed.kind) {
    case "retirement":
      return `${postponed.id}: ${UNFINISHED_TEXT[postponed.why]}`;
    case "files":
      return `files: ${postponed.why === "busy" ? "another run may be deleting them" : "a version was added in the meantime"}`;
    case "orphan":
      return `${postponed.name}: ${UNFINISHED_TEXT[postponed.why]}`;
  }
}

function unsentText({ type, version, message }: EventFailure): string {
  return `event not sent: ${type}${version === undefined ? "" : ` of ${version}`}: ${message}`;
}

function failureText({ what, message }: Failure): string {
  return `${what}: ${message}`;
}
