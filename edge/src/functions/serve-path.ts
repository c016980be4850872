import { isBuildFile } from "../build-path.ts";
import type { EdgeSettings } from "../edge-settings.ts";
import type { FunctionRequest, FunctionResponse } from "../function-event.ts";
import { notFoundAnswer, nothingReleasedAnswer, redirectAnswer } from "../generated-answer.ts";
import { acceptsHtml, isDocument, mayBeDocument } from "../is-document.ts";
import { logSometimes } from "../log-sometimes.ts";
import {
  PLAIN_FILES_MARK,
  POINTER_CURRENT,
  POINTER_FILES,
  pointerFilesPart,
  VERSION_COOKIE,
} from "../names.ts";
import { normalisePath } from "../normalise-path.ts";
import {
  AS_FOLDER,
  fileOf,
  formOf,
  HAS_HTML,
  looksLikeTable,
  maskIn,
  partFor,
  partsOf,
  redirectOf,
  stemOf,
  TABLE_HEADER_LENGTH,
} from "../path-table.ts";
import { firstVersionId, isVersionId, VERSION_ID_LENGTH } from "../version-id.ts";
import { pointer } from "./pointer.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect" | "kind" | "base">;
const protect = LOCKSTEP.protect;
const pages = LOCKSTEP.kind === "pages";
const base = LOCKSTEP.base || "/";
const root = base.slice(0, base.length - 1);
const crypto = runtimeRequire("crypto");

/**
 * Answers a request on the default behavior from the path table: with the file that the path names in the current
 * build, a page, a redirect, or a short 404. Throws when the store cannot be read.
 *
 * The file or page comes from the version that the table names, so one response never mixes two builds.
 */
export async function servePath(request: FunctionRequest): Promise<FunctionRequest | FunctionResponse> {
  const explicit = isDocument(request);
  const path = normalisePath(request.uri);
  // A page load never gets the page of an old build by its path, because that page would set the old build's cookie.
  if (!explicit && isBuildFile(path)) return goTo(request, path);
  if (!path.startsWith(base)) {
    return path === "/" || path === root ? redirect(request, base) : notFoundAnswer(request.method);
  }
  const form = formOf(path);
  if (!pages && explicit && path.indexOf(".") === -1) {
    const current = await pointer!.get(POINTER_CURRENT);
    if (form === AS_FOLDER || !current.startsWith(PLAIN_FILES_MARK)) return sendApp(request, idOf(current));
  }
  // readHeader() written out: another async call costs as much as an empty handler.
  let header = "";
  try {
    header = await pointer!.get(POINTER_FILES);
  } catch (_missing) {
    header = "";
  }
  if (!looksLikeTable(header)) return sendByName(request, path, explicit);
  const stem = stemOf(path, form);
  const digest = digestOf(stem);
  let entries = header;
  if (partsOf(header) !== 0) entries = await readEntries(header, digest);
  if (entries === "") return sendByName(request, path, explicit);
  const id = entries.slice(0, VERSION_ID_LENGTH);
  const mask = maskIn(entries, digest, TABLE_HEADER_LENGTH);
  const name = fileOf(stem, form, mask, pages);
  if (name !== "" && !(explicit && !pages && form === AS_FOLDER)) {
    if (explicit) refreshUnlessPinned(request, id);
    return goTo(request, `/builds/${id}${name}`);
  }
  if (!pages) {
    if (explicit) return sendApp(request, id);
    return mayBeDocument(request) ? goTo(request, appPage(id)) : notFoundAnswer(request.method);
  }
  const elsewhere = redirectOf(stem, form, mask);
  if (elsewhere !== "") return redirect(request, elsewhere);
  if (!explicit && !mayBeDocument(request) && !acceptsHtml(request)) return notFoundAnswer(request.method);
  return sendNotFoundPage(request, header);
}

function digestOf(stem: string): string {
  return crypto.createHash("md5").update(stem).digest("base64url");
}

/** Reads the value of `files`; "" when it is missing or not a table (the pointer of an older Lockstep). */
async function readHeader(): Promise<string> {
  try {
    const header = await pointer!.get(POINTER_FILES);
    return looksLikeTable(header) ? header : "";
  } catch (_missing) {
    return "";
  }
}

/**
 * Returns the header, followed by the entries of the part that the digest belongs to; "" when the store has no such
 * part of the same build. The keys of one update reach an edge one by one, so if the part belongs to another build, the
 * header is read again.
 */
async function readEntries(first: string, digest: string): Promise<string> {
  let header = first;
  for (let attempt = 0; attempt < 2; attempt++) {
    const parts = partsOf(header);
    if (parts === 0) return header;
    let part = "";
    try {
      part = await pointer!.get(pointerFilesPart(partFor(digest, parts)));
    } catch (_missing) {
      part = "";
    }
    if (part.slice(0, VERSION_ID_LENGTH) === header.slice(0, VERSION_ID_LENGTH))
      return `${header.slice(0, TABLE_HEADER_LENGTH)}${part.slice(VERSION_ID_LENGTH)}`;
    header = await readHeader();
    if (header === "") return "";
  }
  return "";
}

/**
 * Answers without a path table, because a release of an older Lockstep wrote the pointer: every page load gets the
 * app's page, and every other path counts as a file.
 */
async function sendByName(
  request: FunctionRequest,
  path: string,
  explicit: boolean,
): Promise<FunctionRequest | FunctionResponse> {
  const value = await pointer!.get(POINTER_CURRENT);
  const current = idOf(value);
  if (!isVersionId(current)) throw new Error(`Not a version id: ${current}`);
  if (explicit) return sendApp(request, current);
  const page = path.endsWith("/") || (mayBeDocument(request) && path.indexOf(".") === -1);
  return goTo(request, page ? appPage(current) : `/builds/${current}${path}`);
}

/** Sends the build's own page for missing paths; `stamp` gives it the status 404. */
async function sendNotFoundPage(
  request: FunctionRequest,
  header: string,
): Promise<FunctionRequest | FunctionResponse> {
  const digest = digestOf(`${root}/404`);
  const entries = await readEntries(header, digest);
  if ((maskIn(entries, digest, TABLE_HEADER_LENGTH) & HAS_HTML) === 0) return notFoundAnswer(request.method);
  const headers = request.headers;
  delete headers["if-none-match"];
  delete headers["if-modified-since"];
  delete headers.range;
  return goTo(request, `/builds/${entries.slice(0, VERSION_ID_LENGTH)}${root}/404.html`);
}

function sendApp(request: FunctionRequest, id: string): FunctionRequest {
  if (!isVersionId(id)) throw new Error(`Not a version id: ${id}`);
  refreshUnlessPinned(request, id);
  return goTo(request, appPage(id));
}

function appPage(id: string): string {
  return `/builds/${id}${base}index.html`;
}

function idOf(current: string): string {
  return current.startsWith(PLAIN_FILES_MARK) ? current.slice(1) : current;
}

function goTo(request: FunctionRequest, uri: string): FunctionRequest {
  request.uri = uri;
  return request;
}

/** Makes S3 answer in full unless the browser already has the cookie that `stamp` would set: a 304 has no stamp. */
function refreshUnlessPinned(request: FunctionRequest, current: string): void {
  const headers = request.headers;
  if (!headers["if-none-match"]) delete headers["if-modified-since"];
  else if (!hasRightCookie(request, current)) {
    delete headers["if-none-match"];
    delete headers["if-modified-since"];
  }
}

/** Whether the browser has the cookie that `stamp` would set: current's, or none when protection is off. */
export function hasRightCookie(request: FunctionRequest, current: string): boolean {
  const cookie = request.cookies[VERSION_COOKIE];
  if (!protect) return !cookie;
  return cookie !== undefined && firstVersionId(cookie) === current;
}

/** Redirects with the query as the viewer sent it. */
function redirect(request: FunctionRequest, path: string): FunctionResponse {
  return redirectAnswer(path, request.rawQueryString?.() || "");
}

/** Answers when the pointer cannot be used: nothing was released, the store cannot be read, or its value is damaged. */
export function withoutPointer(document: boolean, why: unknown): FunctionResponse {
  logSometimes("pointer", why);
  return nothingReleasedAnswer(document);
}
