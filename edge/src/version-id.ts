/** `YYYYMMDD-HHMMSS-<git7>`, UTC: sorts by age and is a DNS label (23 characters). */
export const VERSION_ID_LENGTH = 23;

/**
 * Whether a value is a well-formed version id. Anything else that a viewer sends is no pin.
 *
 * Written as a scan over character codes, not as a regular expression: it runs on every API request inside
 * a CloudFront Function, cannot backtrack, and stays inside the cloudfront-js-2.0 subset.
 */
export function isVersionId(value: unknown): value is string {
  if (typeof value !== "string" || value.length !== VERSION_ID_LENGTH) return false;
  for (let i = 0; i < VERSION_ID_LENGTH; i++) {
    const code = value.charCodeAt(i);
    if (i === 8 || i === 15) {
      if (code !== 45) return false; // "-"
    } else if (code < 48 || code > 57) {
      if (i < 16 || code < 97 || code > 102) return false; // "a" to "f", in the git part only
    }
  }
  return true;
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
