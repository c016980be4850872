import { AwsError, notImplemented } from "../../aws-error.ts";
import { nextCronTime, parseCron } from "./cron.ts";

/** When a schedule fires: the first time after a moment, in milliseconds since the epoch; undefined for never again. */
export interface Timetable {
  next(afterMs: number): number | undefined;
}

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Reads `rate(5 minutes)`, `cron(…)` or `at(2026-11-22T10:00:00)`.
 *
 * @param beginMs start of the schedule. A rate fires at once, and then counts from there (EventBridge Scheduler user guide)
 */
export function parseExpression(expression: string, beginMs: number): Timetable {
  const [, kind, body] = /^(rate|cron|at)\((.+)\)$/.exec(expression) ?? [];
  if (kind === "rate") return rateTimetable(body!, beginMs, expression);
  if (kind === "at") return atTimetable(body!, expression);
  if (kind === undefined) throw invalid(expression);
  const cron = parseCron(body!) ?? refuse(expression);
  return { next: (afterMs) => nextCronTime(cron, Math.max(afterMs, beginMs - 1)) };
}

/** There is one time zone here: refusing another is better than firing at a wrong hour. */
export function refuseTimeZone(zone: string | undefined): void {
  if (zone !== undefined && zone !== "UTC" && zone !== "Etc/UTC")
    throw notImplemented(`scheduler: time zone ${zone}`);
}

function rateTimetable(body: string, beginMs: number, expression: string): Timetable {
  const [, count, unit, plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(body) ?? [];
  // AWS wants "1 minute" and "2 minutes".
  if (Number(count) < 1 || unit === undefined || (count === "1") === (plural === "s"))
    throw invalid(expression);
  const everyMs = Number(count) * UNIT_MS[unit]!;
  return {
    next: (afterMs) =>
      afterMs < beginMs ? beginMs : beginMs + (Math.floor((afterMs - beginMs) / everyMs) + 1) * everyMs,
  };
}

function atTimetable(body: string, expression: string): Timetable {
  const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(body) ? Date.parse(`${body}Z`) : Number.NaN;
  if (Number.isNaN(atMs)) throw invalid(expression);
  return { next: (afterMs) => (afterMs < atMs ? atMs : undefined) };
}

function refuse(expression: string): never {
  throw invalid(expression);
}

function invalid(expression: string): AwsError {
  return new AwsError("ValidationException", `Invalid Schedule Expression ${expression}.`);
}
