import type { JanitorReport } from "./run-janitor.ts";

/** What people are told by mail; SNS takes subjects of at most 100 characters. */
export interface Message {
  subject: string;
  text: string;
}

const HOUR_MS = 60 * 60_000;

/**
 * What there is to tell about a run: what was retired, at once; what is postponed, once an hour, because a run comes every few
 * minutes and the reasons stay the same. `undefined` when there is nothing.
 *
 * @param now milliseconds since the epoch
 */
export function messageOf(
  app: string,
  { done, postponed, failed, plan }: Pick<JanitorReport, "done" | "postponed" | "failed" | "plan">,
  { everyMinutes, now }: { everyMinutes: number; now: number },
): Message | undefined {
  const retired = done.filter((text) => text.startsWith("retired "));
  const unknown = plan.kept
    .filter(({ code }) => code === "unknown")
    .map(({ id, reason }) => `${id}: ${reason}`);
  const waits = [...postponed, ...unknown, ...failed];
  const hourly = now % HOUR_MS < everyMinutes * 60_000;
  const told = [...retired, ...(hourly ? waits.map((text) => `postponed ${text}`) : [])];
  if (told.length === 0) return undefined;
  const counts = [
    ...(retired.length > 0 ? [`${retired.length} retired`] : []),
    ...(waits.length > 0 ? [`${waits.length} postponed`] : []),
  ];
  return { subject: `Lockstep janitor of ${app}: ${counts.join(", ")}`, text: `${told.join("\n")}\n` };
}
