import { choosePin, firstVersionId, type Pin } from "@lockstep/edge/choose-pin";
import { type Decision, decideRoute } from "@lockstep/edge/decide-route";
import type { FunctionRequest, Value } from "@lockstep/edge/function-event";
import { isDocument, isPageLoad } from "@lockstep/edge/is-document";
import { STATUS_PATH, VERSION_COOKIE, VERSION_HEADER, VERSION_QUERY } from "@lockstep/edge/names";
import { normalisePath } from "@lockstep/edge/normalise-path";
import { isBuildFile, rewritePath } from "@lockstep/edge/rewrite-document";
import type { VersionMap } from "@lockstep/edge/version-map";
import type { LockstepConfig } from "../config/config.ts";
import { matchesPattern } from "../config/path-pattern.ts";
import type { Pointer } from "../lifecycle/project-pointer.ts";

/** One thing that happens to a request on its way, and why. */
export interface ExplainStep {
  where: string;
  says: string;
}

/** Where a request ends. */
export type Destination =
  | { kind: "file"; key: string }
  | { kind: "api"; version: string; host: string; outcome: string }
  | { kind: "edge"; status: number; why: string };

export interface Explanation {
  steps: ExplainStep[];
  destination: Destination;
}

/** What the edge knows, as it is deployed now. */
export interface EdgeKnowledge {
  /** `undefined` when it cannot be read: edges go on with the last one they had. */
  map: VersionMap | undefined;
  pointer: Partial<Pointer>;
}

/**
 * What the edge does with a request: the same functions decide that run there. An edge that read the map a moment ago may
 * still answer by an older one, for `edge.mapTtlSeconds`.
 */
export function explainRequest(
  request: FunctionRequest,
  { map, pointer }: EdgeKnowledge,
  config: Pick<LockstepConfig, "api" | "edge" | "protection">,
): Explanation {
  const pattern = config.api.pathPatterns.find((one) => matchesPattern(one, request.uri));
  if (request.uri.startsWith("/assets/"))
    return {
      steps: [{ where: "CloudFront", says: "a shared file (/assets/*): no function runs, no pin matters" }],
      destination: { kind: "file", key: request.uri.slice(1) },
    };
  if (pattern !== undefined) return explainApi(request, pattern, map, config);
  return explainFile(request, pointer);
}

function explainApi(
  request: FunctionRequest,
  pattern: string,
  map: VersionMap | undefined,
  { edge, protection }: Pick<LockstepConfig, "edge" | "protection">,
): Explanation {
  const pin = protection.enabled ? choosePin(request) : undefined;
  const steps: ExplainStep[] = [
    { where: "CloudFront", says: `the API (${pattern}): never cached` },
    {
      where: "pin",
      says: protection.enabled ? pinWords(request, pin) : "protection.enabled is false: no pins",
    },
  ];
  const known = map && { map, newest: Object.keys(map.versions).sort().at(-1) ?? "", stale: false };
  const decision = decideRoute(pin, known, { whenGone: protection.whenGone, hostSuffix: edge.hostSuffix });
  steps.push({ where: "route", says: mapWords(pin, map) }, { where: "route", says: decisionWords(decision) });
  if (decision.kind === "forward") {
    const { version, host, outcome } = decision;
    return { steps, destination: { kind: "api", version, host, outcome } };
  }
  return { steps, destination: refusedAtEdge(decision) };
}

function refusedAtEdge({ kind }: Decision): Destination {
  return kind === "gone"
    ? { kind: "edge", status: 409, why: "the version is gone" }
    : { kind: "edge", status: 503, why: "nothing was released yet" };
}

function pinWords(request: FunctionRequest, pin: Pin | undefined): string {
  const carriers = [
    carrierWords("header", VERSION_HEADER, request.headers[VERSION_HEADER]),
    carrierWords("query", VERSION_QUERY, request.querystring[VERSION_QUERY]),
    carrierWords("cookie", VERSION_COOKIE, request.cookies[VERSION_COOKIE]),
  ];
  const chosen = pin === undefined ? "no pin" : `pinned to ${pin.id} by its ${pin.carrier}`;
  return `${chosen} (${carriers.join("; ")})`;
}

function carrierWords(carrier: string, name: string, value: Value | undefined): string {
  if (value === undefined) return `no ${carrier} ${name}`;
  const id = firstVersionId(value);
  return id === undefined ? `${carrier} ${name} is no version id, so no pin` : `${carrier} ${name}: ${id}`;
}

function mapWords(pin: Pin | undefined, map: VersionMap | undefined): string {
  if (map === undefined) return "the version map cannot be read: the host follows from the pin";
  const floor = map.floor === null ? "" : `, floor ${map.floor}`;
  const head = `map revision ${map.r}: current ${map.current ?? "nothing"}${floor}`;
  if (pin === undefined) return head;
  if (map.floor !== null && pin.id < map.floor && pin.id !== map.current)
    return `${head}; ${pin.id} is below the floor`;
  return `${head}; ${pin.id} is ${Object.hasOwn(map.versions, pin.id) ? "in it" : "not in it"}`;
}

function decisionWords(decision: Decision): string {
  if (decision.kind === "gone")
    return `409, the version is gone (current is ${decision.current ?? "unknown"})`;
  if (decision.kind === "unavailable") return "503, nothing was released yet";
  return `${decision.outcome}: Host ${decision.host}`;
}

function explainFile(request: FunctionRequest, { current, status }: Partial<Pointer>): Explanation {
  const steps: ExplainStep[] = [
    { where: "CloudFront", says: "documents and public files (the default behaviour)" },
  ];
  if (request.uri === STATUS_PATH) {
    steps.push({ where: "pin", says: `answers by itself: ${status ?? "nobody knows what is current"}` });
    return { steps, destination: { kind: "edge", status: 200, why: "the status" } };
  }
  const path = normalisePath(request.uri);
  const document = isDocument(request);
  if (!document && isBuildFile(path)) {
    steps.push({ where: "pin", says: "a file that names its build: from that build, whatever is current" });
    return { steps, destination: { kind: "file", key: path.slice(1) } };
  }
  if (current === undefined) {
    steps.push({ where: "pin", says: "503, nothing was released yet (the pointer has no current)" });
    return { steps, destination: { kind: "edge", status: 503, why: "nothing was released yet" } };
  }
  steps.push({
    where: "pin",
    says: `${document ? "a page" : "a public file"}: of current, ${current}, whatever the pin`,
  });
  if (document) steps.push({ where: "stamp", says: cookieWords(request, current) });
  return { steps, destination: { kind: "file", key: rewritePath(path, document, current).slice(1) } };
}

function cookieWords(request: FunctionRequest, current: string): string {
  return isPageLoad(request)
    ? `sets the cookie to ${current}`
    : "leaves the cookie alone: a frame or a prefetch is no page load";
}
