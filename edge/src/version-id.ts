/** `YYYYMMDD-HHMMSS-<git7>`, UTC: sorts by age and is a DNS label (23 characters). */
export const VERSION_ID_LENGTH = 23;

/** What a checked id is to the compiler: a string with two dashes. (Plain `string` would make every other string `never`.) */
export type VersionId = `${string}-${string}-${string}`;

/** Every part has a fixed length, so there is nothing to backtrack into. For values of `VERSION_ID_LENGTH` only. */
export const VERSION_ID = /^\d{8}-\d{6}-[0-9a-f]{7}$/;

/**
 * Whether a value is a well-formed version id. Anything else that a viewer sends is no pin.
 *
 * It runs on every API request inside a CloudFront Function: the length is compared first, so that a 20 KB header costs
 * nothing, and `search` costs njs half of what `test` does, which makes an array of what it found.
 */
export function isVersionId(value: unknown): value is VersionId {
  return typeof value === "string" && value.length === VERSION_ID_LENGTH && value.search(VERSION_ID) === 0;
}

/** The id of a version made at `at` (milliseconds since the epoch) from a git commit (at least 7 hex digits). */
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
