import type cf from "cloudfront";
import { firstVersionId } from "../choose-pin.ts";
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
import { isBuildFile } from "../rewrite-document.ts";
import { isVersionId, VERSION_ID_LENGTH } from "../version-id.ts";

declare const LOCKSTEP: Pick<EdgeSettings, "protect" | "kind" | "base">;
const protect = LOCKSTEP.protect;
const pages = LOCKSTEP.kind === "pages";
const base = LOCKSTEP.base || "/";
const root = base.slice(0, base.length - 1);
const crypto = runtimeRequire("crypto");

type Pointer = ReturnType<typeof cf.kvs>;

/**
 * Answers a request on the default behaviour from the path table: the file of current that the path names, a page, a redirect, or a
 * short 404. Throws when the store cannot be read.
 *
 * Everything comes from the version that the table names, so an answer never mixes two builds.
 */
export async function servePath(
  request: FunctionRequest,
  pointer: Pointer,
): Promise<FunctionRequest | FunctionResponse> {
  const explicit = isDocument(request);
  const path = normalisePath(request.uri);
  // A page of an old build is never loaded by its own path: it would set the cookie of that build.
  if (!explicit && isBuildFile(path)) return goTo(request, path);
  if (!path.startsWith(base)) {
    return path === "/" || path === root ? redirect(request, base) : notFoundAnswer(request.method);
  }
  const form = formOf(path);
  if (!pages && explicit && path.indexOf(".") === -1) {
    const current = await pointer.get(POINTER_CURRENT);
    if (form === AS_FOLDER || !current.startsWith(PLAIN_FILES_MARK)) return sendApp(request, idOf(current));
  }
  const header = await readHeader(pointer);
  if (header === "") return sendByName(request, pointer, path, explicit);
  const stem = stemOf(path, form);
  const digest = digestOf(stem);
  const entries = await readEntries(pointer, header, digest);
  if (entries === "") return sendByName(request, pointer, path, explicit);
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
  return sendNotFoundPage(request, pointer, header);
}

function digestOf(stem: string): string {
  return crypto.createHash("md5").update(stem).digest("base64url");
}

/** The value of `files`; "" when the store has none that can be used: the release that wrote the pointer made no table. */
async function readHeader(pointer: Pointer): Promise<string> {
  try {
    const header = await pointer.get(POINTER_FILES);
    return looksLikeTable(header) ? header : "";
  } catch (_missing) {
    return "";
  }
}

/**
 * The entries among which the digest's is, after the version id and two more characters; "" when the store has no such part of the same
 * build. The keys of one update reach an edge one by one, so the header is read again when a part belongs to another build.
 */
async function readEntries(pointer: Pointer, first: string, digest: string): Promise<string> {
  let header = first;
  for (let attempt = 0; attempt < 2; attempt++) {
    const parts = partsOf(header);
    if (parts === 0) return header;
    let part = "";
    try {
      part = await pointer.get(pointerFilesPart(partFor(digest, parts)));
    } catch (_missing) {
      part = "";
    }
    if (part.slice(0, VERSION_ID_LENGTH) === header.slice(0, VERSION_ID_LENGTH))
      return `${header.slice(0, TABLE_HEADER_LENGTH)}${part.slice(VERSION_ID_LENGTH)}`;
    header = await readHeader(pointer);
    if (header === "") return "";
  }
  return "";
}

/** The pointer comes from an older release of Lockstep: every page is the app's, and every other path is taken for a file. */
async function sendByName(
  request: FunctionRequest,
  pointer: Pointer,
  path: string,
  explicit: boolean,
): Promise<FunctionRequest | FunctionResponse> {
  const value = await pointer.get(POINTER_CURRENT);
  const current = idOf(value);
  if (!isVersionId(current)) throw new Error(`The pointer names ${current}`);
  if (explicit) return sendApp(request, current);
  const page = path.endsWith("/") || (mayBeDocument(request) && path.indexOf(".") === -1);
  return goTo(request, page ? appPage(current) : `/builds/${current}${path}`);
}

/** The build's own page for what it does not have; `stamp` gives it its status. */
async function sendNotFoundPage(
  request: FunctionRequest,
  pointer: Pointer,
  header: string,
): Promise<FunctionRequest | FunctionResponse> {
  const digest = digestOf(`${root}/404`);
  const entries = await readEntries(pointer, header, digest);
  if ((maskIn(entries, digest, TABLE_HEADER_LENGTH) & HAS_HTML) === 0) return notFoundAnswer(request.method);
  const headers = request.headers;
  delete headers["if-none-match"];
  delete headers["if-modified-since"];
  delete headers.range;
  return goTo(request, `/builds/${entries.slice(0, VERSION_ID_LENGTH)}${root}/404.html`);
}

function sendApp(request: FunctionRequest, id: string): FunctionRequest {
  if (!isVersionId(id)) throw new Error(`The pointer names ${id}`);
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

/** A 304 brings no stamp. So a page is answered in full unless the browser's cookie is what the stamp would make it. */
function refreshUnlessPinned(request: FunctionRequest, current: string): void {
  const headers = request.headers;
  if (!headers["if-none-match"]) delete headers["if-modified-since"];
  else if (!hasRightCookie(request, current)) {
    delete headers["if-none-match"];
    delete headers["if-modified-since"];
  }
}

/** What the stamp would make it: current's, or none when protection is off. */
export function hasRightCookie(request: FunctionRequest, current: string): boolean {
  const cookie = request.cookies[VERSION_COOKIE];
  if (!protect) return !cookie;
  return cookie !== undefined && firstVersionId(cookie) === current;
}

/** The query goes along as the viewer sent it. */
function redirect(request: FunctionRequest, path: string): FunctionResponse {
  return redirectAnswer(path, request.rawQueryString?.() || "");
}

/** The key is missing (nothing was released), the store cannot be read, or its value is damaged. */
export function withoutPointer(document: boolean, why: unknown): FunctionResponse {
  logSometimes("pointer", why);
  return nothingReleasedAnswer(document);
}
