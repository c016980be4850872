import { buildPrefix, isBuildFile } from "@lockstep/edge/build-path";
import { digestOf } from "@lockstep/edge/encode-path-table";
import type { FunctionRequest } from "@lockstep/edge/function-event";
import { acceptsHtml, isDocument, isPageLoad, mayBeDocument } from "@lockstep/edge/is-document";
import { POINTER_FILES, pointerFilesPart, STATUS_PATH } from "@lockstep/edge/names";
import { normalisePath } from "@lockstep/edge/normalise-path";
import {
  AS_FOLDER,
  fileOf,
  formOf,
  HAS_HTML,
  maskIn,
  partFor,
  partsOf,
  redirectOf,
  stemOf,
  TABLE_HEADER_LENGTH,
} from "@lockstep/edge/path-table";
import { VERSION_ID_LENGTH } from "@lockstep/edge/version-id";
import type { LockstepConfig } from "../config/config.ts";
import type { EdgeKnowledge, ExplainStep, Explanation } from "./explanation.ts";

type Web = Pick<LockstepConfig["web"], "kind" | "base">;

/** Explains what the default behavior does with a request, by the rules of edge/src/functions/serve-path.ts. */
export function explainFile(
  request: FunctionRequest,
  { pointer, table }: Pick<EdgeKnowledge, "pointer" | "table">,
  web: Web,
): Explanation {
  const steps: ExplainStep[] = [
    { where: "CloudFront", says: "documents and public files (the default behavior)" },
  ];
  const at = (status: number, why: string): Explanation => ({
    steps,
    destination: { kind: "edge", status, why },
  });
  if (request.uri === STATUS_PATH) {
    steps.push({
      where: "pin",
      says: `answers ${pointer.status ?? "without a status: current is unknown"}`,
    });
    return at(200, "the status");
  }
  const path = normalisePath(request.uri);
  if (!isDocument(request) && isBuildFile(path)) {
    steps.push({
      where: "pin",
      says: "the path names a build: the file comes from that build, not from current",
    });
    return { steps, destination: { kind: "file", key: decodeURIComponent(path.slice(1)) } };
  }
  const { current } = pointer;
  if (current === undefined) {
    steps.push({ where: "pin", says: "503: nothing has been released yet (the pointer has no current)" });
    return at(503, "nothing has been released yet");
  }
  const found = locate(request, path, { table, web });
  if (found.kind === "redirect") {
    steps.push({ where: "pin", says: `302: the page of current (${current}) is at ${found.path}` });
    return at(302, `to ${found.path}`);
  }
  if (found.kind === "missing") {
    steps.push({ where: "pin", says: `404: current (${current}) has no file and no page for ${path}` });
    return at(404, "the build has no such file");
  }
  const what = found.kind === "file" ? "a file" : found.kind === "page" ? "a page" : "the 404 page";
  steps.push({ where: "pin", says: `${what} of current (${current}), whatever the pin` });
  if (found.kind === "not-found-page") steps.push({ where: "stamp", says: "sets the status to 404" });
  else if (/\.html?$/i.test(found.path)) steps.push({ where: "stamp", says: cookieText(request, current) });
  return {
    steps,
    destination: { kind: "file", key: buildPrefix(current) + decodeURIComponent(found.path.slice(1)) },
  };
}

type Located = { kind: "file" | "page" | "not-found-page" | "redirect"; path: string } | { kind: "missing" };

function locate(
  request: FunctionRequest,
  path: string,
  { table, web }: { table: EdgeKnowledge["table"]; web: Web },
): Located {
  const { kind, base } = web;
  const explicit = isDocument(request);
  const app: Located = { kind: "page", path: `${base}index.html` };
  if (!path.startsWith(base))
    return path === "/" || path === base.slice(0, -1)
      ? { kind: "redirect", path: base }
      : { kind: "missing" };
  if (table?.[POINTER_FILES] === undefined) {
    const byName = !explicit && !path.endsWith("/") && !(mayBeDocument(request) && !path.includes("."));
    return byName ? { kind: "file", path } : app;
  }
  const form = formOf(path);
  const stem = stemOf(path, form);
  const mask = maskOf(table, stem);
  const file = fileOf(stem, form, mask, kind === "pages");
  if (file !== "" && !(explicit && kind === "app" && form === AS_FOLDER))
    return { kind: /\.html?$/i.test(file) ? "page" : "file", path: file };
  if (kind === "app") return explicit || mayBeDocument(request) ? app : { kind: "missing" };
  const elsewhere = redirectOf(stem, form, mask);
  if (elsewhere !== "") return { kind: "redirect", path: elsewhere };
  const notFound = `${base.slice(0, -1)}/404`;
  const wantsPage = explicit || mayBeDocument(request) || acceptsHtml(request);
  return wantsPage && (maskOf(table, notFound) & HAS_HTML) !== 0
    ? { kind: "not-found-page", path: `${notFound}.html` }
    : { kind: "missing" };
}

function maskOf(table: Readonly<Record<string, string>>, stem: string): number {
  const header = table[POINTER_FILES] ?? "";
  const digest = digestOf(stem);
  const parts = partsOf(header);
  return parts === 0
    ? maskIn(header, digest, TABLE_HEADER_LENGTH)
    : maskIn(table[pointerFilesPart(partFor(digest, parts))] ?? "", digest, VERSION_ID_LENGTH);
}

function cookieText(request: FunctionRequest, current: string): string {
  return isPageLoad(request)
    ? `sets the cookie to ${current}`
    : "does not change the cookie: a request of a frame, a crawler or a prefetch is not a page load";
}
