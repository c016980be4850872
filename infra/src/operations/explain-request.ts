import { type Decision, decideRoute, indexMap } from "@lockstep/edge/decide-route";
import type { FunctionRequest } from "@lockstep/edge/function-event";
import { HEARTBEAT_PATH, VERSION_COOKIE, VERSION_HEADER, VERSION_QUERY } from "@lockstep/edge/names";
import { comparedPath, matchesPath } from "@lockstep/edge/path-pattern";
import type { Pin } from "@lockstep/edge/pin";
import { pinOfQuery, withoutPins } from "@lockstep/edge/pin-query";
import { pinOfCookies, pinOfHeader, requestPin } from "@lockstep/edge/request-pin";
import type { VersionMap } from "@lockstep/edge/version-map";
import type { LockstepConfig } from "../config/config.ts";
import { hashedPrefixes } from "../config/relations.ts";
import { explainFile } from "./explain-file.ts";
import type { Destination, EdgeKnowledge, ExplainStep, Explanation } from "./explanation.ts";

/** A request as CloudFront Functions receive it, and its raw query and headers, from which `route` reads the pin. */
export interface ViewerRequest extends FunctionRequest {
  /** Without the question mark. */
  rawQuery: string;
  /** Lines of the headers that may carry a pin. */
  carriers: { header: readonly string[]; cookie: readonly string[] };
}

/**
 * Explains what the edge does with a request, by calling the functions that run there. For `edge.mapTtlSeconds` an edge
 * may still use an older map.
 */
export function explainRequest(
  request: ViewerRequest,
  { map, pointer, table }: EdgeKnowledge,
  config: Pick<LockstepConfig, "api" | "edge" | "protection" | "web">,
): Explanation {
  const path = comparedPath(request.uri);
  const pattern =
    path === HEARTBEAT_PATH ? HEARTBEAT_PATH : config.api.pathPatterns.find((one) => matchesPath(one, path));
  const shared = hashedPrefixes(config.web).find((prefix) => path.startsWith(prefix));
  const isReadOnly = pattern === undefined || pattern === HEARTBEAT_PATH || shared !== undefined;
  if (isReadOnly && request.method !== "GET" && request.method !== "HEAD")
    return {
      steps: [
        {
          where: "CloudFront",
          says: `accepts only GET and HEAD here, not ${request.method}; no function runs`,
        },
      ],
      destination: { kind: "edge", status: 403, why: "the method is not allowed" },
    };
  if (shared !== undefined)
    return {
      steps: [
        {
          where: "CloudFront",
          says: `a shared file (${shared}*): no function runs, and the pin does not matter`,
        },
      ],
      destination: { kind: "file", key: keyOf(request.uri) },
    };
  if (pattern !== undefined) return explainApi(request, pattern, map, config);
  return explainFile(request, { pointer, table }, config.web);
}

/** The key of a path in S3, which decodes the path and reads `+` as a space. */
function keyOf(uri: string): string {
  const path = uri.slice(1).replaceAll("+", " ");
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // an escape that is not valid, such as "100%"
  }
}

function explainApi(
  request: ViewerRequest,
  pattern: string,
  map: VersionMap | undefined,
  { api, edge, protection }: Pick<LockstepConfig, "api" | "edge" | "protection">,
): Explanation {
  const pin = protection.enabled ? requestPin(carrierHeaders(request), request.rawQuery) : undefined;
  const isHeartbeat = request.uri === HEARTBEAT_PATH;
  const what = isHeartbeat ? "the heartbeat of a page" : `the API (${pattern})`;
  const steps: ExplainStep[] = [
    { where: "CloudFront", says: `${what}: never cached by CloudFront` },
    {
      where: "route",
      says: protection.enabled ? pinText(request, pin) : "protection.enabled is false: no pins",
    },
  ];
  const decision = decideRoute(pin, map && indexMap(map), {
    whenGone: protection.whenGone,
    hostSuffix: edge.hostSuffix,
  });
  steps.push({ where: "route", says: mapText(pin, map) }, { where: "route", says: decisionText(decision) });
  if (decision.kind === "forward") {
    const { version, host, outcome } = decision;
    const query = withoutPins(request.rawQuery);
    const path = isHeartbeat ? api.healthPath : `${request.uri}${query === "" ? "" : `?${query}`}`;
    steps.push(
      { where: "route", says: `requests ${path} from the service` },
      isHeartbeat
        ? { where: "heartbeat", says: "an empty 204 if the service is healthy" }
        : { where: "stamp-answer", says: cacheText(request, pin) },
    );
    return { steps, destination: { kind: "api", version, host, outcome, path } };
  }
  return { steps, destination: refusedAtEdge(decision) };
}

/** The headers that may carry a pin, as Lambda@Edge receives them. */
function carrierHeaders({ carriers }: ViewerRequest) {
  return {
    ...(carriers.header.length > 0 && { [VERSION_HEADER]: lines(carriers.header) }),
    ...(carriers.cookie.length > 0 && { cookie: lines(carriers.cookie) }),
  };
}

/** What `stamp-answer` does with an answer whose status is below 400. */
function cacheText(request: ViewerRequest, pin: Pin | undefined): string {
  return pin?.carrier === "query" && request.carriers.header.length === 0
    ? "the URL carries the pin: the service decides about caching, and redirects to services keep the pin"
    : "the URL carries no pin: cache-control: no-store";
}

function lines(values: readonly string[]): { value: string }[] {
  return values.map((value) => ({ value }));
}

function refusedAtEdge({ kind }: Decision): Destination {
  return kind === "gone"
    ? { kind: "edge", status: 409, why: "the version is gone" }
    : { kind: "edge", status: 503, why: "nothing has been released yet" };
}

function pinText(request: ViewerRequest, pin: Pin | undefined): string {
  const headerLines = lines(request.carriers.header);
  const carriers = [
    carrierText("header", VERSION_HEADER, headerLines.length > 0, pinOfHeader(headerLines)),
    carrierText(
      "query",
      VERSION_QUERY,
      Object.hasOwn(request.querystring, VERSION_QUERY),
      pinOfQuery(request.rawQuery),
    ),
    carrierText(
      "cookie",
      VERSION_COOKIE,
      Object.hasOwn(request.cookies, VERSION_COOKIE),
      pinOfCookies(lines(request.carriers.cookie)),
    ),
  ];
  const chosen = pin === undefined ? "no pin" : `pinned to ${pin.id} by its ${pin.carrier}`;
  return `${chosen} (${carriers.join("; ")})`;
}

function carrierText(carrier: string, name: string, isThere: boolean, id: string | undefined): string {
  if (!isThere) return `no ${carrier} ${name}`;
  return id === undefined
    ? `${carrier} ${name} is not a version id, so not a pin`
    : `${carrier} ${name}: ${id}`;
}

function mapText(pin: Pin | undefined, map: VersionMap | undefined): string {
  if (map === undefined) return "the version map cannot be read: the host is derived from the pin";
  const floor = map.floor === null ? "" : `, floor ${map.floor}`;
  const head = `map revision ${map.r}: current ${map.current ?? "nothing"}${floor}`;
  if (pin === undefined) return head;
  if (map.floor !== null && pin.id < map.floor && pin.id !== map.current)
    return `${head}; ${pin.id} is below the floor`;
  return `${head}; ${pin.id} is ${Object.hasOwn(map.versions, pin.id) ? "in it" : "not in it"}`;
}

function decisionText(decision: Decision): string {
  if (decision.kind === "gone")
    return `409, the version is gone (current is ${decision.current ?? "unknown"})`;
  if (decision.kind === "unavailable") return "503, nothing has been released yet";
  return `${decision.outcome}: Host ${decision.host}`;
}
