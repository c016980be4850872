import { VERSION_ID_LENGTH } from "./version-id.ts";

/*
 * The path table lists the files of the current build. It is part of the pointer:
 *
 *     files     <version id> <parts, 2 digits> <entries, when parts is 00>
 *     files:0   <version id> <entries>
 *     files:1   …
 *
 * An entry has 6 characters: a bit mask of the files that a stem has (`:` to `@`), then the first 5 characters of the
 * stem's MD5 in base64url. The characters of a mask are not in base64url, so a text search for 5 characters finds whole
 * entries only.
 *
 * The stem of a path is the path without `.html`, `/index.html` or a slash at its end. One lookup answers for `/about`,
 * `/about/`, `/about.html` and `/about/index.html`.
 */

/** Number of digest characters in an entry: 30 bits. With 5,000 files, one unknown path in 200,000 counts as a file. */
export const DIGEST_LENGTH = 5;
/** The character code of an empty mask; `:` is mask 1. The characters of the masks 1 to 7 are not in base64url. */
export const MASK_ZERO = 0x39;

/** The file named exactly as the stem. */
export const HAS_FILE = 1;
/** `<stem>.html`. */
export const HAS_HTML = 2;
/** `<stem>/index.html`. */
export const HAS_INDEX = 4;

/** Forms of a path: `/x`, `/x.html`, `/x/`, `/x/index.html`. Stem and form together identify the file. */
export const AS_FILE = 0;
export const AS_HTML = 1;
export const AS_FOLDER = 2;
export const AS_INDEX = 3;

/** Length of the header: version id and number of parts. The entries of `files` follow. */
export const TABLE_HEADER_LENGTH = VERSION_ID_LENGTH + 2;

const INDEX = "/index.html";
const HTML = ".html";
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Returns the form of a path; see `AS_FILE`. */
export function formOf(path: string): number {
  if (path.endsWith("/")) return AS_FOLDER;
  if (!path.endsWith(HTML)) return AS_FILE;
  return path.endsWith(INDEX) ? AS_INDEX : AS_HTML;
}

/** Returns the path without the ending of its form: the key of the table. */
export function stemOf(path: string, form: number): string {
  if (form === AS_FILE) return path;
  const ending = form === AS_FOLDER ? 1 : form === AS_HTML ? HTML.length : INDEX.length;
  return path.slice(0, path.length - ending);
}

/**
 * Whether a value is a table or its header, by its shape only, because only Lockstep writes to the store
 * (docs/decisions/021).
 */
export function looksLikeTable(value: string): boolean {
  return value > "2" && value < "3" && value.length >= TABLE_HEADER_LENGTH;
}

/** Returns the number of parts; 0 when the entries follow the header. */
export function partsOf(header: string): number {
  return Number(header.slice(VERSION_ID_LENGTH, TABLE_HEADER_LENGTH));
}

/** Returns the part that has the entry, computed from characters of the digest that the entry does not contain. */
export function partFor(digest: string, parts: number): number {
  const high = BASE64URL.indexOf(digest.charAt(DIGEST_LENGTH + 1));
  return (high * 64 + BASE64URL.indexOf(digest.charAt(DIGEST_LENGTH + 2))) % parts;
}

/** Returns the files that a stem has, as bits; 0 when the build has none. @param from where the entries begin */
export function maskIn(entries: string, digest: string, from: number): number {
  const at = entries.indexOf(digest.slice(0, DIGEST_LENGTH), from);
  return at === -1 ? 0 : entries.charCodeAt(at - 1) - MASK_ZERO;
}

/**
 * Returns the file that a path names; "" when the build does not have it.
 *
 * @param pages whether a path may omit `.html`
 */
export function fileOf(stem: string, form: number, mask: number, pages: boolean): string {
  if (form === AS_HTML) return mask & HAS_HTML ? `${stem}.html` : "";
  if (form !== AS_FILE) return mask & HAS_INDEX ? `${stem}/index.html` : "";
  if (mask & HAS_FILE) return stem;
  return pages && mask & HAS_HTML ? `${stem}.html` : "";
}

/** Returns the page's path if the requested path differs from it only by a trailing slash; otherwise "". */
export function redirectOf(stem: string, form: number, mask: number): string {
  if (form === AS_FILE) return mask >= HAS_INDEX ? `${stem}/` : "";
  return form === AS_FOLDER && stem !== "" && mask & HAS_HTML ? stem : "";
}
