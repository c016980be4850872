import type { CachePolicy } from "../configuration/distribution.ts";
import type { Fields } from "../exchange.ts";

/** Without `ErrorCachingMinTTL` an error is kept ten seconds (Developer Guide, "Control how long CloudFront caches errors"). */
const ERROR_DEFAULT_SECONDS = 10;

/**
 * Errors that CloudFront keeps. It documents 400, 403, 405 and 412 as kept only with `max-age`; they are seen to be kept
 * without it, which is the stricter, so that an application that would suffer from it suffers here too.
 */
const KEPT_ERRORS = new Set([400, 403, 404, 405, 412, 414, 500, 501, 502, 503, 504]);

/**
 * For how many seconds an answer to GET or HEAD is stored; 0: not at all. Pure.
 *
 * @param errorSeconds `ErrorCachingMinTTL` by status; holds even where the cache policy disables caching
 * @param nowMs for `Expires`
 */
export function freshnessSeconds(
  status: number,
  fields: Fields,
  policy: CachePolicy,
  errorSeconds: ReadonlyMap<number, number>,
  nowMs: number,
): number {
  const asked = askedSeconds(fields, nowMs);
  if (status >= 400) {
    if (!KEPT_ERRORS.has(status)) return 0;
    const least = errorSeconds.get(status) ?? ERROR_DEFAULT_SECONDS;
    return Math.max(least, Math.min(asked ?? 0, policy.maxSeconds));
  }
  if (status === 206 || status === 304 || status < 200) return 0;
  return clamp(asked ?? policy.defaultSeconds, policy.minSeconds, policy.maxSeconds);
}

/** What the origin says: `s-maxage` before `max-age` before `Expires`; 0 where it forbids storing; undefined: nothing. */
function askedSeconds(fields: Fields, nowMs: number): number | undefined {
  const control = fields["cache-control"]?.join(",").toLowerCase() ?? "";
  if (/(^|[,\s])(no-store|no-cache|private)($|[,\s=])/.test(control)) return 0;
  const seconds =
    /(?:^|[,\s])s-maxage="?(\d+)/.exec(control)?.[1] ?? /(?:^|[,\s])max-age="?(\d+)/.exec(control)?.[1];
  if (seconds !== undefined) return Number(seconds);
  const expires = fields.expires?.[0];
  if (expires === undefined) return undefined;
  const at = Date.parse(expires);
  return Number.isNaN(at) ? 0 : Math.max(0, (at - nowMs) / 1000);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
