import type { ActionKind, Kept, RetirementPlan } from "../janitor/plan-retirement.ts";
import type { JanitorReport } from "../janitor/run-janitor.ts";
import { formatMoment } from "../janitor/words.ts";

const WILL: Record<ActionKind, string> = {
  fail: "end",
  remove: "remove",
  drain: "retire",
  finish: "go on retiring",
  "delete-files": "delete the files of",
};

/** A plan, one line per version: what happens to it and why. */
export function describePlan(plan: RetirementPlan, now: number): string {
  const lines = [
    ...plan.actions.map(({ do: kind, id, reason }) => ({ id, text: `${WILL[kind]} ${id}: ${reason}` })),
    ...plan.kept.map((kept) => ({
      id: kept.id,
      text: `keep ${kept.id}: ${kept.reason}${untilWords(kept, now)}`,
    })),
  ].sort((a, b) => (a.id < b.id ? 1 : -1));
  const count = plan.actions.length;
  const first =
    count === 0
      ? "The janitor has nothing to do."
      : `The janitor would act on ${count} of ${lines.length} versions.`;
  return `${[first, ...lines.map(({ text }) => `  ${text}`)].join("\n")}\n`;
}

function untilWords({ code, until }: Kept, now: number): string {
  if (until === undefined) return "";
  if (code === "grace") return `; goes at ${formatMoment(until, now)} if it stays so`;
  if (code === "files-kept") return ` until ${formatMoment(until, now)}`;
  return `; at most until ${formatMoment(until, now)}`;
}

/** What a run came to. */
export function describeReport({ plan, done, postponed, failed }: JanitorReport, now: number): string {
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
  return `${[first, ...lines.map((line) => `  ${line}`)].join("\n")}\n`;
}
