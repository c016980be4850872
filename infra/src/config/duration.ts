import { z } from "zod";

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `"30s"`, `"10m"`, `"24h"`, `"7d"`, or of a number (already seconds); `undefined` for anything else. */
function parseDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  const match = /^(\d{1,9})([smhd])$/.exec(value);
  return match ? Number(match[1]) * UNIT_SECONDS[match[2]!]! : undefined;
}

/** The longest sensible unit in which `seconds` is a whole number: `86400` is `1d`, `90` is `90s`. */
export function formatDuration(seconds: number): string {
  for (const unit of ["d", "h", "m"]) {
    const size = UNIT_SECONDS[unit]!;
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

/** A duration within limits, given as text with a unit or as seconds; always seconds once it is read. */
export function duration(limits: { minSeconds: number; maxSeconds: number }) {
  return z.union([z.string(), z.number()]).transform((value, context): number => {
    const seconds = parseDuration(value);
    if (seconds !== undefined && seconds >= limits.minSeconds && seconds <= limits.maxSeconds) return seconds;
    context.addIssue({ code: "custom", input: value, message: "not a duration within its limits" });
    return z.NEVER;
  });
}
