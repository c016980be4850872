import type { CachePolicy } from "../configuration/distribution.ts";
import type { Fields } from "../exchange/exchange.ts";

/** Default of `ErrorCachingMinTTL` (Developer Guide, "Control how long CloudFront caches errors"). */
const ERROR_DEFAULT_SECONDS = 10;

/**
 * Errors that CloudFront caches. AWS documents that 400, 403, 405 and 412 are cached only with `max-age`, but they have
 * been observed to be cached without it. The stricter behavior is used here, so that its effects show up locally.
 */
const KEPT_ERRORS = new Set([400, 403, 404, 405, 412, 414, 500, 501, 502, 503, 504]);

/**
 * Returns the number of seconds that a response to GET or HEAD is stored; 0 if it is not stored. Pure.
 *
 * @param errorSeconds `ErrorCachingMinTTL` by status; applies even if the cache policy disables caching
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

/**
 * Returns the lifetime that the origin sets: `s-maxage`, else `max-age`, else `Expires`. 0 if the origin forbids
 * storing, undefined if it sets no lifetime.
 */
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
