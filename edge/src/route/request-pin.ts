import type { CloudFrontHeaders } from "aws-lambda";
import { VERSION_COOKIE, VERSION_HEADER } from "../names.ts";
import type { Pin } from "../pin.ts";
import { pinOfQuery } from "../pin-query.ts";
import { isVersionId, VERSION_ID_LENGTH } from "../version-id.ts";

/** Start of the pair in a Cookie header, before the id. */
const COOKIE_BEGIN = `${VERSION_COOKIE}=`;
const SEMICOLON = 59;
const SPACE = 32;

type Lines = readonly { value: string }[];

/**
 * Returns the pin of a request: the header wins over the query, the query over the cookie. Among repeated values, the
 * first valid version id wins. If a carrier has no valid id, the next one decides.
 *
 * @param query raw, without the question mark
 */
export function requestPin(headers: CloudFrontHeaders, query: string): Pin | undefined {
  const named = pinOfHeader(headers[VERSION_HEADER] ?? []);
  if (named !== undefined) return { id: named, carrier: "header" };
  const queried = pinOfQuery(query);
  if (queried !== undefined) return { id: queried, carrier: "query" };
  const stored = pinOfCookies(headers.cookie ?? []);
  return stored === undefined ? undefined : { id: stored, carrier: "cookie" };
}

/** Returns the cookie's id, unchecked, if the header has the form that browsers send; otherwise `undefined`. */
export function cookiePinUnchecked(headers: CloudFrontHeaders): string | undefined {
  const cookie = headers.cookie?.[0]?.value;
  if (cookie === undefined) return undefined;
  const at = cookie.indexOf(COOKIE_BEGIN);
  // At the start, or after "; ".
  if (
    at === -1 ||
    (at !== 0 && (cookie.charCodeAt(at - 2) !== SEMICOLON || cookie.charCodeAt(at - 1) !== SPACE))
  )
    return undefined;
  const end = at + COOKIE_BEGIN.length + VERSION_ID_LENGTH;
  return end === cookie.length || cookie.charCodeAt(end) === SEMICOLON
    ? cookie.slice(at + COOKIE_BEGIN.length, end)
    : undefined;
}

/** Reads the pin from header lines. A browser joins the values that a script sets with commas (RFC 9110, 5.3). */
export function pinOfHeader(lines: Lines): string | undefined {
  for (const { value } of lines) {
    if (isVersionId(value)) return value;
    if (!value.includes(",")) continue;
    const id = value
      .split(",")
      .map((part) => part.trim())
      .find(isVersionId);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Reads the pin from the raw Cookie header, and ignores all other cookies. */
export function pinOfCookies(lines: Lines): string | undefined {
  for (const { value } of lines) {
    let at = value.indexOf(COOKIE_BEGIN);
    while (at !== -1) {
      const from = at + COOKIE_BEGIN.length;
      const end = value.indexOf(";", from);
      const id = value.slice(from, end === -1 ? value.length : end).trim();
      if (beginsPair(value, at) && isVersionId(id)) return id;
      at = value.indexOf(COOKIE_BEGIN, from);
    }
  }
  return undefined;
}

function beginsPair(line: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && (line[before] === " " || line[before] === "\t")) before--;
  return before < 0 || line[before] === ";";
}
