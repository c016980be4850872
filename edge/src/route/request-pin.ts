import type { CloudFrontHeaders } from "aws-lambda";
import type { Pin } from "../choose-pin.ts";
import { VERSION_COOKIE, VERSION_HEADER } from "../names.ts";
import { pinOfQuery } from "../pin-query.ts";
import { isVersionId, VERSION_ID_LENGTH } from "../version-id.ts";

/** How the pair begins in a Cookie header; the id follows. */
const COOKIE_BEGIN = `${VERSION_COOKIE}=`;
const SEMICOLON = 59;
const SPACE = 32;

type Lines = readonly { value: string }[];

/**
 * Chooses the version that a request names: header before query before cookie. Of several values the first valid version id
 * wins; a value that is not a version id is not a pin, and the next carrier decides. Changes nothing.
 *
 * @param query raw, without the question mark
 */
export function requestPin(headers: CloudFrontHeaders, query: string): Pin | undefined {
  const named = headers[VERSION_HEADER];
  if (named !== undefined) {
    const id = pinOfHeader(named);
    if (id !== undefined) return { id, carrier: "header" };
  }
  if (query !== "") {
    const id = pinOfQuery(query);
    if (id !== undefined) return { id, carrier: "query" };
  }
  const cookies = headers.cookie;
  if (cookies !== undefined) {
    const id = pinOfCookies(cookies);
    if (id !== undefined) return { id, carrier: "cookie" };
  }
  return undefined;
}

/**
 * The cookie's id in the form in which browsers send it, unchecked; `undefined` in any other form, or without a cookie.
 */
export function cookiePinUnchecked(headers: CloudFrontHeaders): string | undefined {
  const cookie = headers.cookie?.[0]?.value;
  if (cookie === undefined) return undefined;
  const at = cookie.indexOf(COOKIE_BEGIN);
  // First, or after "; ".
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

/** A header may come several times, or as one line with commas (RFC 9110, 5.3): a browser joins what a script sets twice. */
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

/** Reads the raw Cookie header: only the one name, and nothing else of it. */
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
