import { z } from "zod";

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses `"30s"`, `"10m"`, `"24h"`, `"7d"`, or a number of seconds. @returns seconds; `undefined` if invalid */
function parseDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  const match = /^(\d{1,9})([smhd])$/.exec(value);
  return match ? Number(match[1]) * UNIT_SECONDS[match[2]!]! : undefined;
}

/** Formats a duration in the largest unit that makes it a whole number: `86400` as `1d`, `90` as `90s`. */
export function formatDuration(seconds: number): string {
  for (const unit of ["d", "h", "m"]) {
    const size = UNIT_SECONDS[unit]!;
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

/** A schema for a duration within limits: text with a unit, or seconds. The output is in seconds. */
export function duration(limits: { minSeconds: number; maxSeconds: number }) {
  return z.union([z.string(), z.number()]).transform((value, context): number => {
    const seconds = parseDuration(value);
    if (seconds !== undefined && seconds >= limits.minSeconds && seconds <= limits.maxSeconds) return seconds;
    context.addIssue({ code: "custom", input: value, message: "not a duration within its limits" });
    return z.NEVER;
  });
}
