import { VERSION_QUERY } from "./names.ts";
import { comparedPath, matchesAny } from "./path-pattern.ts";
import { pinOfQuery } from "./pin-query.ts";

/** Matches control characters, backslashes, and blanks at either end: browsers drop them or read them as slashes. */
const AMBIGUOUS = /^ | $|[^ -[\]-~\u0080-\uffff]/;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** The redirected request, as the viewer sent it. */
export interface Redirected {
  /** The Host header; `undefined` when there is none. */
  host: string | undefined;
  /** The path, without the query. */
  uri: string;
}

/**
 * Returns a Location with the pin first in its query when it leads to a service on the viewer's own host.
 *
 * These addresses stay unchanged: one on another host (its query may be signed), one with a path outside the services,
 * one that already has a pin, one without path and query (the browser keeps the request's query), and an ambiguous one.
 */
export function pinLocation(
  location: string,
  id: string,
  request: Redirected,
  paths: readonly string[],
): string {
  if (AMBIGUOUS.test(location)) return location;
  const hashAt = location.indexOf("#");
  const address = hashAt === -1 ? location : location.slice(0, hashAt);
  const queryAt = address.indexOf("?");
  const target = queryAt === -1 ? address : address.slice(0, queryAt);
  if (address === "" || (queryAt !== -1 && pinOfQuery(address.slice(queryAt + 1)) !== undefined))
    return location;
  const path = pathOn(target, request);
  if (path === undefined || !matchesAny(paths, comparedPath(path))) return location;
  const query = queryAt === -1 ? "" : address.slice(queryAt + 1);
  const pinned = `${target}?${VERSION_QUERY}=${id}${query === "" ? "" : "&"}${query}`;
  return hashAt === -1 ? pinned : pinned + location.slice(hashAt);
}

/** Returns the path that an address without query leads to on the viewer's host; `undefined` for another host. */
function pathOn(target: string, request: Redirected): string | undefined {
  if (target === "") return request.uri;
  const scheme = SCHEME.exec(target);
  const name = scheme ? (scheme[0] as string).toLowerCase() : "";
  if (name !== "" && name !== "https:" && name !== "http:") return undefined;
  const rest = target.slice(name.length);
  if (rest.indexOf("//") === 0) return pathAfterHost(rest.slice(2), name, request.host);
  // The meaning of `https:path` depends on the page's own scheme.
  if (name !== "") return undefined;
  return rest.charAt(0) === "/" ? rest : request.uri.slice(0, request.uri.lastIndexOf("/") + 1) + rest;
}

function pathAfterHost(rest: string, scheme: string, host: string | undefined): string | undefined {
  const slash = rest.indexOf("/");
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  if (host === undefined || withoutPort(authority, scheme) !== withoutPort(host, scheme)) return undefined;
  return slash === -1 ? "/" : rest.slice(slash);
}

/**
 * Converts a host to lower case and removes an empty or default port. Without a scheme, 80 and 443 are both default
 * ports.
 */
function withoutPort(host: string, scheme: string): string {
  const lower = host.toLowerCase().replace(/:$/, "");
  if (scheme !== "http:" && lower.endsWith(":443")) return lower.slice(0, -4);
  if (scheme !== "https:" && lower.endsWith(":80")) return lower.slice(0, -3);
  return lower;
}
