import { notImplemented } from "../../aws-error.ts";

/** What each of the six fields admits: minutes, hours, day of month, month, day of week, year. */
export interface Cron {
  minutes: Set<number>;
  hours: Set<number>;
  /** Undefined for `?`: the day of the week decides. */
  daysOfMonth: Set<number> | undefined;
  months: Set<number>;
  /** 1 is Sunday. Undefined for `?`. */
  daysOfWeek: Set<number> | undefined;
  years: Set<number>;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const YEARS = [1970, 2199] as const;

/** Reads AWS's cron with numbers, names, `*`, `?`, lists, ranges and steps. Undefined for what is not one. */
export function parseCron(text: string): Cron | undefined {
  if (/[LW#]/.test(text.replace(/[A-Z]{3}/g, "")))
    throw notImplemented(`scheduler: L, W and # in cron(${text})`);
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 6) return undefined;
  const [minute, hour, date, month, day, year] = fields as [string, string, string, string, string, string];
  // One of the two days must be open.
  if ((date === "?") === (day === "?")) return undefined;
  const daysOfMonth = date === "?" ? undefined : parseField(date, 1, 31);
  const daysOfWeek = day === "?" ? undefined : parseField(day, 1, 7, DAYS);
  const minutes = parseField(minute, 0, 59);
  const hours = parseField(hour, 0, 23);
  const months = parseField(month, 1, 12, MONTHS);
  const years = parseField(year, ...YEARS);
  const days = date === "?" ? daysOfWeek : daysOfMonth;
  if (!minutes || !hours || !months || !years || !days) return undefined;
  return { minutes, hours, daysOfMonth, months, daysOfWeek, years };
}

function parseField(
  field: string,
  least: number,
  most: number,
  names: string[] = [],
): Set<number> | undefined {
  const values = new Set<number>();
  const number = (text: string) => {
    const index = names.indexOf(text.toUpperCase());
    return index >= 0 ? index + 1 : Number(text);
  };
  for (const part of field.split(",")) {
    const [, range, step = "1"] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    if (range === undefined || Number(step) < 1) return undefined;
    const [first, last] = range.split("-") as [string, string | undefined];
    const from = first === "*" ? least : number(first);
    const to = last !== undefined ? number(last) : first === "*" || part.includes("/") ? most : from;
    if (!(from >= least && to <= most && from <= to)) return undefined;
    for (let value = from; value <= to; value += Number(step)) values.add(value);
  }
  return values;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Further ahead nobody waits: four years hold every date, also February 29. */
const HORIZON_DAYS = 366 * 4 + 1;

/** The first minute after a moment that all fields admit, in UTC. */
export function nextCronTime(cron: Cron, afterMs: number): number | undefined {
  const from = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  const midnight = Math.floor(from / DAY_MS) * DAY_MS;
  for (let day = 0; day < HORIZON_DAYS; day++) {
    const date = midnight + day * DAY_MS;
    if (!admitsDay(cron, new Date(date))) continue;
    for (let time = Math.max(date, from); time < date + DAY_MS; time += MINUTE_MS) {
      const moment = new Date(time);
      if (cron.hours.has(moment.getUTCHours()) && cron.minutes.has(moment.getUTCMinutes())) return time;
    }
  }
  return undefined;
}

function admitsDay(cron: Cron, date: Date): boolean {
  return (
    cron.years.has(date.getUTCFullYear()) &&
    cron.months.has(date.getUTCMonth() + 1) &&
    (cron.daysOfMonth?.has(date.getUTCDate()) ?? true) &&
    (cron.daysOfWeek?.has(date.getUTCDay() + 1) ?? true)
  );
}
