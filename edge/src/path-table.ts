import { VERSION_ID_LENGTH } from "./version-id.ts";

/*
 * The path table says which paths are files of the current build. It is a part of the pointer:
 *
 *     files     <version id> <parts, 2 digits> <entries, when parts is 00>
 *     files:0   <version id> <entries>
 *     files:1   …
 *
 * An entry is 6 characters: what a stem has (`:` to `@`, a bit mask), then the first 5 characters of the stem's MD5 in base64url. No
 * character of a mask belongs to base64url, so a text search for 5 characters finds whole entries only.
 *
 * The stem of a path is the path without `.html`, `/index.html` or a slash at its end. One lookup answers for `/about`, `/about/`,
 * `/about.html` and `/about/index.html`.
 */

/** Characters of a digest in an entry: 30 bits. With 5,000 files, one unknown path in 200,000 is taken for a file. */
export const DIGEST_LENGTH = 5;
/** The mask character of "nothing": `:` is 1. None of the characters up to 7 is in base64url. */
export const MASK_ZERO = 0x39;

/** The file named exactly as the stem. */
export const HAS_FILE = 1;
/** `<stem>.html`. */
export const HAS_HTML = 2;
/** `<stem>/index.html`. */
export const HAS_INDEX = 4;

/** How a path is written, so that path and stem give the file: `/x`, `/x.html`, `/x/`, `/x/index.html`. */
export const AS_FILE = 0;
export const AS_HTML = 1;
export const AS_FOLDER = 2;
export const AS_INDEX = 3;

/** Version id and the number of parts: where the entries of `files` begin. */
export const TABLE_HEADER_LENGTH = VERSION_ID_LENGTH + 2;

const INDEX = "/index.html";
const HTML = ".html";
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** How a path is written; see `AS_FILE`. */
export function formOf(path: string): number {
  if (path.endsWith("/")) return AS_FOLDER;
  if (!path.endsWith(HTML)) return AS_FILE;
  return path.endsWith(INDEX) ? AS_INDEX : AS_HTML;
}

/** The path without what its form adds: the key of the table. */
export function stemOf(path: string, form: number): string {
  if (form === AS_FILE) return path;
  return path.slice(
    0,
    path.length - (form === AS_FOLDER ? 1 : form === AS_HTML ? HTML.length : INDEX.length),
  );
}

/** Whether a value of the store can be a table or the header of one. By its shape only: the store is ours (docs/decisions/021). */
export function looksLikeTable(value: string): boolean {
  return value > "2" && value < "3" && value.length >= TABLE_HEADER_LENGTH;
}

/** In how many parts the entries are; 0 when they follow the header. */
export function partsOf(header: string): number {
  return Number(header.slice(VERSION_ID_LENGTH, TABLE_HEADER_LENGTH));
}

/** Which part has the entry. It comes from characters of the digest that the entry does not have. */
export function partFor(digest: string, parts: number): number {
  const high = BASE64URL.indexOf(digest.charAt(DIGEST_LENGTH + 1));
  return (high * 64 + BASE64URL.indexOf(digest.charAt(DIGEST_LENGTH + 2))) % parts;
}

/** What a stem has, as bits; 0 when the build has nothing of that name. @param from where the entries begin */
export function maskIn(entries: string, digest: string, from: number): number {
  const at = entries.indexOf(digest.slice(0, DIGEST_LENGTH), from);
  return at === -1 ? 0 : entries.charCodeAt(at - 1) - MASK_ZERO;
}

/** The file that a path names, if the build has it; else "". @param pages whether a page is also named without `.html` */
export function fileOf(stem: string, form: number, mask: number, pages: boolean): string {
  if (form === AS_HTML) return mask & HAS_HTML ? `${stem}.html` : "";
  if (form !== AS_FILE) return mask & HAS_INDEX ? `${stem}/index.html` : "";
  if (mask & HAS_FILE) return stem;
  return pages && mask & HAS_HTML ? `${stem}.html` : "";
}

/** Where the page is that a path means, when the path itself names no file: with the slash at its end, or without. Else "". */
export function redirectOf(stem: string, form: number, mask: number): string {
  if (form === AS_FILE) return mask >= HAS_INDEX ? `${stem}/` : "";
  return form === AS_FOLDER && stem !== "" && mask & HAS_HTML ? stem : "";
}
