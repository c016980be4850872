import type { Costs } from "../janitor/cost.ts";
import type { Orphan } from "../janitor/find-orphans.ts";
import type { Look } from "../janitor/look.ts";
import type { ActionKind, Kept } from "../janitor/plan-retirement.ts";
import type { Upkeep } from "../janitor/plan-upkeep.ts";
import type { JanitorReport } from "../janitor/run-janitor.ts";
import { formatCount, formatMoment } from "../janitor/words.ts";

const WILL: Record<ActionKind, string> = {
  fail: "end",
  remove: "remove",
  drain: "retire",
  finish: "go on retiring",
  "delete-files": "delete the files of",
};

/** A plan, one line per version: what happens to it and why; then what else is done, and what all costs. */
export function describePlan(
  { plan, costs, unread }: Pick<Look, "plan" | "costs" | "unread">,
  now: number,
): string {
  const versions = [
    ...plan.actions.map(({ do: kind, id, reason }) => ({
      id,
      text: `${WILL[kind]} ${id}: ${reason}${costWords(id, costs, "saves about")}`,
    })),
    ...plan.kept.map((kept) => ({
      id: kept.id,
      text: `keep ${kept.id}: ${kept.reason}${untilWords(kept, now)}${costWords(kept.id, costs, "about")}`,
    })),
  ].sort((a, b) => (a.id < b.id ? 1 : -1));
  const more = [
    ...plan.upkeep.map((one) => upkeepWords(one, now)),
    ...plan.orphans.map(orphanWords),
    ...unread.map((what) => `not read: ${what}`),
  ];
  const acts = plan.actions.length + plan.upkeep.length + plan.orphans.length;
  const first =
    acts === 0
      ? "The janitor has nothing to do."
      : plan.actions.length === 0
        ? `The janitor would retire none of ${formatCount(versions.length, "version")}, and do ${acts} more.`
        : `The janitor would act on ${plan.actions.length} of ${formatCount(versions.length, "version")}.`;
  const lines = [...versions.map(({ text }) => text), ...more].map((line) => `  ${line}`);
  return `${[first, ...lines, ...totalWords(costs)].join("\n")}\n`;
}

function untilWords({ code, until, ifUnused }: Kept, now: number): string {
  const unused =
    ifUnused === undefined ? "" : `; retire at ${formatMoment(ifUnused, now)} if nobody uses it again`;
  if (until === undefined) return unused;
  if (code === "grace" || code === "rollback")
    return `; retire at ${formatMoment(until, now)} if it stays so`;
  if (code === "files-kept") return ` until ${formatMoment(until, now)}`;
  return `${unused}; at most until ${formatMoment(until, now)}`;
}

function upkeepWords(one: Upkeep, now: number): string {
  const { id, reason } = one;
  switch (one.do) {
    case "announce":
      return `tell the pages of ${id} that it ends at ${formatMoment(one.endsAt, now)}: ${reason}`;
    case "restore":
      return `bring ${id} to ${formatCount(one.tasks, "task")}: ${reason}`;
    case "lower-minimum":
      return `lower the minimum of ${id} to ${formatCount(one.fewest, "task")}: ${reason}`;
  }
}

function orphanWords({ kind, name, reason }: Orphan): string {
  return `remove ${kind} ${name}: ${reason}`;
}

function costWords(id: string, { monthly }: Costs, word: string): string {
  const cost = monthly[id];
  return cost === undefined ? "" : `; ${word} ${formatDollars(cost)} a month`;
}

function totalWords({ monthly, total, saved, prices }: Costs): string[] {
  const count = Object.keys(monthly).length;
  if (count === 0) return [];
  const saves = saved > 0 ? `; the plan saves ${formatDollars(saved)}` : "";
  return [
    `Estimate: ${formatCount(count, "version")} cost about ${formatDollars(total)} a month${saves} (Fargate prices of ${prices}).`,
  ];
}

function formatDollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}

/** What a run came to. */
export function describeReport(
  { mode, plan, costs, done, postponed, failed }: Omit<JanitorReport, "figures">,
  now: number,
): string {
  if (mode === "advise")
    return `The janitor looked and changed nothing: janitor.mode is "advise".\n${describePlan({ plan, costs, unread: failed }, now)}`;
  const first =
    failed.length > 0
      ? `The janitor ran; ${failed.length} of its acts failed and are tried again at its next run.`
      : done.length + postponed.length === 0
        ? "The janitor ran and found nothing to do."
        : `The janitor ran: ${done.length} done, ${postponed.length} to be continued.`;
  const lines = [
    ...done.map((text) => `done: ${text}`),
    ...postponed.map((text) => `to be continued: ${text}`),
    ...failed.map((text) => `failed: ${text}`),
    ...plan.kept.map((kept) => `kept ${kept.id}: ${kept.reason}${untilWords(kept, now)}`),
  ];
  return `${[first, ...lines.map((line) => `  ${line}`), ...totalWords(costs)].join("\n")}\n`;
}
