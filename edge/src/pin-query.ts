import { VERSION_QUERY } from "./names.ts";
import { isVersionId, VERSION_ID_LENGTH } from "./version-id.ts";

/** Start of the pair `lockstep=<id>`, before the id. */
const BEGIN = `${VERSION_QUERY}=`;
const PAIR_LENGTH = BEGIN.length + VERSION_ID_LENGTH;
const AMPERSAND = 38;

/** Returns where the first pin may begin in a query; -1 when there is none. */
export function maybePinAt(query: string): number {
  return query === "" ? -1 : query.indexOf(BEGIN);
}

/**
 * Returns the id, unchecked, from a query that begins with the pair `lockstep=<id>`, as the page writes it. Returns
 * `undefined` when the pair has another length.
 */
export function firstPinUnchecked(query: string): string | undefined {
  return query.length === PAIR_LENGTH || query.charCodeAt(PAIR_LENGTH) === AMPERSAND
    ? query.slice(BEGIN.length, PAIR_LENGTH)
    : undefined;
}

/** Does the same as `withoutPins`, but only for a query that begins with a pin. */
export function withoutFirstPin(query: string): string {
  if (query.length === PAIR_LENGTH) return "";
  return query.indexOf(BEGIN, PAIR_LENGTH) === -1 ? query.slice(PAIR_LENGTH + 1) : withoutPins(query);
}

/**
 * Returns the pin of a raw query string: the id in its first pair `lockstep=<version id>`. A pair `lockstep=<anything
 * else>` belongs to the app.
 */
export function pinOfQuery(query: string): string | undefined {
  const at = findPin(query, 0);
  return at === -1 ? undefined : query.slice(at + BEGIN.length, at + PAIR_LENGTH);
}

/** Removes every pair `lockstep=<version id>`, each with one ampersand, and changes no other byte of the raw query. */
export function withoutPins(query: string): string {
  let rest = query;
  let at = findPin(rest, 0);
  while (at !== -1) {
    const end = at + PAIR_LENGTH;
    if (end < rest.length) rest = rest.slice(0, at) + rest.slice(end + 1);
    else rest = rest.slice(0, at === 0 ? 0 : at - 1);
    at = findPin(rest, at);
  }
  return rest;
}

/** Returns where the next pair `lockstep=<version id>` begins, at `from` or later; -1 when there is none. */
function findPin(query: string, from: number): number {
  let at = query.indexOf(BEGIN, from);
  while (at !== -1) {
    const end = at + PAIR_LENGTH;
    if (
      (at === 0 || query.charCodeAt(at - 1) === AMPERSAND) &&
      (end === query.length || query.charCodeAt(end) === AMPERSAND) &&
      isVersionId(query.slice(at + BEGIN.length, end))
    )
      return at;
    at = query.indexOf(BEGIN, at + 1);
  }
  return -1;
}
