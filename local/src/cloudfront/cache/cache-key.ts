import type { CachePolicy } from "../configuration/distribution.ts";
import { selectCookies, selectQuery } from "../configuration/selection.ts";
import type { EdgeRequest } from "../exchange/exchange.ts";

/**
 * Returns the cache key of a request: its path (after the viewer-request function), and the headers, cookies, query
 * parameters and encodings that the cache policy includes. Pure.
 */
export function cacheKey(policy: CachePolicy, request: EdgeRequest): string {
  let key = `${request.path}?${selectQuery(request.query, policy.queries)}`;
  for (const name of policy.headers.names) {
    const lines = request.fields[name];
    if (lines !== undefined) key += `\n${name}:${lines.join(",")}`;
  }
  const cookies = selectCookies(request.fields.cookie, policy.cookies);
  if (cookies !== "") key += `\ncookie:${cookies}`;
  const encoding = normalizedEncoding(policy, request);
  if (encoding !== undefined) key += `\naccept-encoding:${encoding}`;
  return key;
}

/**
 * Returns the `Accept-Encoding` for the cache key and the origin: the encodings that the policy enables and the viewer
 * accepts (Developer Guide, "Compressed objects support"). Undefined if there are none.
 */
export function normalizedEncoding(policy: CachePolicy, request: EdgeRequest): string | undefined {
  if (!policy.gzip && !policy.brotli) return undefined;
  const accepted = request.fields["accept-encoding"]?.join(",") ?? "";
  const brotli = policy.brotli && accepts(accepted, "br");
  const gzip = policy.gzip && accepts(accepted, "gzip");
  if (brotli) return gzip ? "br,gzip" : "br";
  return gzip ? "gzip" : undefined;
}

function accepts(accepted: string, encoding: string): boolean {
  return accepted.split(",").some((part) => {
    const [name = "", ...parameters] = part.split(";");
    return (
      name.trim().toLowerCase() === encoding &&
      !parameters.some((parameter) => /^\s*q=0(\.0*)?\s*$/.test(parameter))
    );
  });
}
