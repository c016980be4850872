import { AwsError, notImplemented } from "../../aws-error.ts";

/** The times at which a schedule fires. */
export interface Timetable {
  /** Returns the first time after a moment, both in milliseconds since the epoch; `undefined` if there is none. */
  next(afterMs: number): number | undefined;
}

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Parses `rate(5 minutes)` or `at(2026-11-22T10:00:00)`. Throws `NotImplemented` for `cron(…)`.
 *
 * @param beginMs start of the schedule: a rate fires then and counts from there (EventBridge Scheduler user guide)
 */
export function parseExpression(expression: string, beginMs: number): Timetable {
  const [, kind, body] = /^(rate|cron|at)\((.+)\)$/.exec(expression) ?? [];
  if (kind === "rate") return rateTimetable(body!, beginMs, expression);
  if (kind === "at") return atTimetable(body!, expression);
  if (kind === "cron") throw notImplemented(`scheduler: ${expression}`, "Use rate() or at() instead.");
  throw invalid(expression);
}

/** Refuses every time zone but UTC, so that no schedule fires at a wrong hour. */
export function refuseTimeZone(zone: string | undefined): void {
  if (zone !== undefined && zone !== "UTC" && zone !== "Etc/UTC")
    throw notImplemented(`scheduler: time zone ${zone}`);
}

function rateTimetable(body: string, beginMs: number, expression: string): Timetable {
  const [, count, unit, plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(body) ?? [];
  // AWS accepts "1 minute" and "2 minutes", but neither "1 minutes" nor "2 minute".
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

function invalid(expression: string): AwsError {
  return new AwsError("ValidationException", `Invalid Schedule Expression ${expression}.`);
}
