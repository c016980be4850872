import { createHash } from "node:crypto";
import { POINTER_FILES, pointerFilesPart } from "./names.ts";
import {
  AS_HTML,
  AS_INDEX,
  DIGEST_LENGTH,
  formOf,
  HAS_FILE,
  HAS_HTML,
  HAS_INDEX,
  looksLikeTable,
  MASK_ZERO,
  partFor,
  partsOf,
  stemOf,
  TABLE_HEADER_LENGTH,
} from "./path-table.ts";
import { isVersionId, VERSION_ID_LENGTH } from "./version-id.ts";

/** Maximum size of a value in bytes, within the 1 KB quota of a KeyValueStore (CloudFront quotas). */
export const TABLE_VALUE_MAX_BYTES = 1000;
/**
 * Maximum number of parts: an update can change 50 keys (CloudFront quotas), and three of them are `current`, `status`
 * and `files`.
 */
export const TABLE_MAX_PARTS = 47;

/** The path table of a build, by key of the KeyValueStore. */
export type PathTable = Record<string, string>;

/**
 * Encodes the path table of a version (path-table.ts). Returns `undefined` when the build has too many files for a
 * table. The same names produce the same table.
 *
 * @param names of the build's files on disk, relative to its root: `about/index.html`
 */
export function encodePathTable(id: string, names: Iterable<string>): PathTable | undefined {
  const masks = new Map<string, number>();
  for (const name of names) {
    const path = pathOfName(name);
    const form = formOf(path);
    const digest = digestOf(stemOf(path, form));
    masks.set(digest, (masks.get(digest) ?? 0) | bitOf(form));
  }
  const entries = [...masks].sort(([a], [b]) => (a < b ? -1 : 1));
  const whole = `${id}00${textOf(entries)}`;
  if (whole.length <= TABLE_VALUE_MAX_BYTES) return { [POINTER_FILES]: whole };
  for (let parts = 2; parts <= TABLE_MAX_PARTS; parts++) {
    const table = inParts(id, entries, parts);
    if (table !== undefined) return table;
  }
  return undefined;
}

/** Returns the canonical path of a file, with each segment as `encodeURIComponent` writes it. */
export function pathOfName(name: string): string {
  return `/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/** Returns the digest of a stem, the same as in the CloudFront Function (functions/serve-path.ts). */
export function digestOf(stem: string): string {
  return createHash("md5").update(stem).digest("base64url");
}

/** Parses the header of a table; `undefined` when the value of `files` is not a table. */
export function readTableHeader(value: string | undefined): { id: string; parts: number } | undefined {
  if (value === undefined || !looksLikeTable(value)) return undefined;
  const id = value.slice(0, VERSION_ID_LENGTH);
  const parts = partsOf(value);
  const isTable = isVersionId(id) && /^\d\d$/.test(value.slice(VERSION_ID_LENGTH, TABLE_HEADER_LENGTH));
  return isTable && parts <= TABLE_MAX_PARTS ? { id, parts } : undefined;
}

/** Splits the table into parts. Returns `undefined` when one of them would be too long. */
function inParts(id: string, entries: [string, number][], parts: number): PathTable | undefined {
  const byPart = Array.from({ length: parts }, (): [string, number][] => []);
  for (const entry of entries) byPart[partFor(entry[0], parts)]!.push(entry);
  const texts = byPart.map((all) => id + textOf(all));
  if (texts.some((text) => text.length > TABLE_VALUE_MAX_BYTES)) return undefined;
  return {
    [POINTER_FILES]: id + String(parts).padStart(2, "0"),
    ...Object.fromEntries(texts.map((text, part) => [pointerFilesPart(part), text])),
  };
}

/** Formats entries. Stems with the same short digest share one entry, which combines their masks. */
function textOf(entries: [string, number][]): string {
  const masks = new Map<string, number>();
  for (const [digest, mask] of entries) {
    const short = digest.slice(0, DIGEST_LENGTH);
    masks.set(short, (masks.get(short) ?? 0) | mask);
  }
  return [...masks].map(([short, mask]) => String.fromCharCode(MASK_ZERO + mask) + short).join("");
}

function bitOf(form: number): number {
  if (form === AS_HTML) return HAS_HTML;
  return form === AS_INDEX ? HAS_INDEX : HAS_FILE;
}
