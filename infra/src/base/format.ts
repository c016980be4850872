const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** A duration in the largest unit that fits, rounded down: `3 h`, `2 min`, `40 s`. */
export function formatAge(ms: number): string {
  const [unit, size] = UNITS.find(([, unitMs]) => ms >= unitMs) ?? UNITS.at(-1)!;
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

/** A time in the local time zone, with the date if it is not today: `14:00`, `2026-11-24 14:00`. */
export function formatMoment(at: number, now: number): string {
  const [day, time] = localParts(at);
  return day === localParts(now)[0] ? time : `${day} ${time}`;
}

function localParts(at: number): [day: string, time: string] {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return [
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    `${two(date.getHours())}:${two(date.getMinutes())}`,
  ];
}

/** The first items of a list, with the number of the others: `a, b and 3 more`. */
export function formatList(items: readonly string[], most: number, separator = ", "): string {
  const shown = items.slice(0, most).join(separator);
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}

/** `1 task`, `2 tasks`. */
export function formatCount(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
