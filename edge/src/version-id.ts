import type { Value } from "./function-event.ts";

/** `YYYYMMDD-HHMMSS-<git7>`, UTC: sorts by age and is a DNS label (23 characters). */
export const VERSION_ID_LENGTH = 23;

/** The type of a checked id: a string with two dashes. (`string` would narrow every rejected string to `never`.) */
export type VersionId = `${string}-${string}-${string}`;

/**
 * Matches a version id. Every part has a fixed length, so matching never backtracks. Callers compare the length first:
 * see `isVersionId`.
 */
export const VERSION_ID = /^\d{8}-\d{6}-[0-9a-f]{7}$/;

/**
 * Whether a value is a well-formed version id. Any other value from a viewer is not a pin.
 *
 * This runs in a CloudFront Function on every API request. Comparing the length first keeps a 20 KB header cheap, and
 * in njs `search` costs half as much as `test`, which creates an array of its matches.
 */
export function isVersionId(value: unknown): value is VersionId {
  return typeof value === "string" && value.length === VERSION_ID_LENGTH && value.search(VERSION_ID) === 0;
}

/** Returns the first valid version id among the values of a header, query parameter or cookie. */
export function firstVersionId(entry: Value): string | undefined {
  const all = entry.multiValue;
  if (!all) return isVersionId(entry.value) ? entry.value : undefined;
  for (let i = 0; i < all.length; i++) {
    const one = all[i];
    if (one && isVersionId(one.value)) return one.value;
  }
  return undefined;
}

/**
 * Formats the id of a version made at `at` (milliseconds since the epoch) from a git commit (at least 7 hex digits).
 */
export function formatVersionId(at: number, commit: string): string {
  const stamp = new Date(at).toISOString(); // 2026-11-22T10:15:00.000Z
  const day = stamp.slice(0, 10).replaceAll("-", "");
  const time = stamp.slice(11, 19).replaceAll(":", "");
  const id = `${day}-${time}-${commit.slice(0, 7).toLowerCase()}`;
  if (!isVersionId(id))
    throw new RangeError(`Not a version id: "${id}". A git commit hash is needed, got "${commit}".`);
  return id;
}

/** Returns the time in a version id, to the second, in milliseconds since the epoch. The inverse of `formatVersionId`. */
export function timeOfVersionId(id: string): number {
  const part = (from: number, to: number) => Number(id.slice(from, to));
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(9, 11), part(11, 13), part(13, 15));
}
