import type { CloudFrontRequest, CloudFrontRequestEvent, CloudFrontResultResponse } from "aws-lambda";
import { type Decision, decideRoute, type Forward, type IndexedMap } from "../decide-route.ts";
import type { EdgeSettings } from "../edge-settings.ts";
import { MapCache } from "../map-cache.ts";
import { EXPLAIN_HEADER, HEARTBEAT_PATH, VERSION_HEADER } from "../names.ts";
import type { Pin } from "../pin.ts";
import { firstPinUnchecked, maybePinAt, withoutFirstPin, withoutPins } from "../pin-query.ts";
import { applyDecision, unavailable } from "./apply-decision.ts";
import { createEventLog } from "./event-log.ts";
import { createParameterReader } from "./read-parameter.ts";
import { cookiePinUnchecked, requestPin } from "./request-pin.ts";

declare const LOCKSTEP: EdgeSettings;

/**
 * Timeout of one read of the map. A first connection from the other side of the world takes three round trips. Pinned
 * requests wait at most `MAX_WAIT_MS`.
 */
const READ_TIMEOUT_MS = 2000;

const settings = { whenGone: LOCKSTEP.whenGone, hostSuffix: LOCKSTEP.hostSuffix };
const log = createEventLog(Date.now, (line) => console.log(line));
const maps = new MapCache({
  read: createParameterReader({
    name: LOCKSTEP.mapParameter,
    region: LOCKSTEP.mapRegion,
    timeoutMs: READ_TIMEOUT_MS,
    environment: process.env,
    now: Date.now,
  }),
  ttlMs: LOCKSTEP.mapTtlSeconds * 1000,
  readTimeoutMs: READ_TIMEOUT_MS,
  now: Date.now,
  random: Math.random,
  log,
});

/**
 * Lambda@Edge, origin-request on the services' behaviors: sends a request to the version that it names, sends a request
 * without a pin to current, or answers 409 or 503. It reads the pin itself, because CloudFront rewrites query and
 * cookies of a request that a CloudFront Function returns (docs/decisions/061). It catches every error, because
 * CloudFront would answer 503 without a body; this function's 503 has a body that a page can read.
 */
export async function handler(
  event: CloudFrontRequestEvent,
): Promise<CloudFrontRequest | CloudFrontResultResponse> {
  try {
    const { request } = event.Records[0]!.cf;
    return routeFast(request) ?? (await route(request));
  } catch (error) {
    log("failed", { reason: String(error) });
    return unavailable();
  }
}

/** The decision for the last request. Most requests name the same version, and comparing costs less than a lookup. */
let last: { indexed?: IndexedMap; id?: string; served?: Forward } = {};

/**
 * Routes the usual request: its pin is in the form that a page or a browser writes, and a fresh map serves the version.
 * Returns `undefined`, with the request unchanged, when only `route` can handle it. It does not validate the id (a
 * regular expression costs more than the lookup), because the lookup finds only ids of served versions.
 */
function routeFast(request: CloudFrontRequest): CloudFrontRequest | CloudFrontResultResponse | undefined {
  const { headers, querystring } = request;
  if (!LOCKSTEP.protect || headers[EXPLAIN_HEADER] !== undefined || request.uri === HEARTBEAT_PATH)
    return undefined;
  const header = headers[VERSION_HEADER];
  const at = maybePinAt(querystring);
  const inQuery = header === undefined && at === 0;
  if (at > 0 || (at === 0 && !inQuery)) return undefined;
  const id = inQuery
    ? firstPinUnchecked(querystring)
    : header === undefined
      ? cookiePinUnchecked(headers)
      : header[0]?.value;
  const indexed = id === undefined ? undefined : maps.ready(undefined);
  if (id === undefined || indexed === undefined) return undefined;
  if (indexed !== last.indexed || id !== last.id) {
    const served = indexed.pinned.get(id);
    if (served === undefined) return undefined;
    last = { indexed, id, served };
  }
  if (inQuery) request.querystring = withoutFirstPin(querystring);
  return applyDecision(request, last.served!, undefined);
}

/** Routes any request. Waits for the map when there is no usable one. */
async function route(request: CloudFrontRequest): Promise<CloudFrontRequest | CloudFrontResultResponse> {
  const { querystring } = request;
  const pin = LOCKSTEP.protect ? requestPin(request.headers, querystring) : undefined;
  // The service gets the app's original address, without the pin.
  request.querystring = withoutPins(querystring);
  toHealthCheck(request);
  const indexed = maps.ready(pin?.id) ?? (await maps.wait(pin?.id));
  const decision = decideRoute(pin, indexed, settings);
  logDecision(pin, indexed, decision);
  const asked = LOCKSTEP.explain && request.headers[EXPLAIN_HEADER]?.[0]?.value === "1";
  return applyDecision(request, decision, asked ? explain(pin, indexed, decision) : undefined);
}

/**
 * Turns a page's heartbeat into a health check of its version: the load balancer then counts it like any other request.
 * Removes cookies and credentials from `request`, so that no service counts the heartbeat as activity of the user.
 */
function toHealthCheck(request: CloudFrontRequest): void {
  if (request.uri !== HEARTBEAT_PATH) return;
  request.uri = LOCKSTEP.healthPath;
  request.querystring = "";
  delete request.headers.cookie;
  delete request.headers.authorization;
}

/** Logs what an operator needs to know: pins that no version serves, and decisions without a map. */
function logDecision(pin: Pin | undefined, indexed: IndexedMap | undefined, decision: Decision): void {
  const event =
    decision.kind !== "forward"
      ? decision.kind
      : decision.outcome === "fell-back"
        ? "fell-back"
        : indexed === undefined
          ? "derived-host"
          : undefined;
  if (event !== undefined)
    log(event, { pin: pin?.id, carrier: pin?.carrier, revision: indexed?.map.r, ageMs: maps.ageMs });
}

/** Returns the reasons: `carrier=header; pin=…; decision=pinned; version=…; revision=12; age-ms=830; edge=eu-west-1` */
function explain(pin: Pin | undefined, indexed: IndexedMap | undefined, decision: Decision): string {
  const reasons: [string, string | number | undefined][] = [
    ["carrier", pin?.carrier ?? "none"],
    ["pin", pin?.id],
    ["decision", decision.kind === "forward" ? decision.outcome : decision.kind],
    ["version", decision.kind === "forward" ? decision.version : undefined],
    ["revision", indexed?.map.r ?? "none"],
    ["age-ms", maps.ageMs],
    ["edge", process.env.AWS_REGION],
  ];
  return reasons
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");
}
