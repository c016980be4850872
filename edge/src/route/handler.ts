import type { CloudFrontRequest, CloudFrontRequestEvent, CloudFrontResultResponse } from "aws-lambda";
import type { Pin } from "../choose-pin.ts";
import { type Decision, decideRoute, type Forward, type Known } from "../decide-route.ts";
import type { EdgeSettings } from "../edge-settings.ts";
import { MapCache } from "../map-cache.ts";
import { EXPLAIN_HEADER, HEARTBEAT_PATH, VERSION_HEADER } from "../names.ts";
import { firstPinUnchecked, maybePinAt, withoutFirstPin, withoutPins } from "../pin-query.ts";
import { asHealthCheck, carryOut, unavailable } from "./carry-out.ts";
import { createEventLog } from "./event-log.ts";
import { createParameterReader } from "./read-parameter.ts";
import { cookiePinUnchecked, requestPin } from "./request-pin.ts";

declare const LOCKSTEP: EdgeSettings;

/**
 * Longest time for one read of the map. A first connection from the other side of the world takes three round trips. Requests
 * wait for less (`MAX_WAIT_MS`) when something else can answer them.
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
 * Lambda@Edge, origin-request on the services' behaviours: sends a request to the version that it names, or to current, or
 * answers 409 or 503. It reads the pin itself: a CloudFront Function that returned the request would make CloudFront write its
 * query and cookies anew (docs/decisions/061). If this threw, CloudFront would answer 503 without a body; this 503 has one that a page can read.
 */
export async function handler(
  event: CloudFrontRequestEvent,
): Promise<CloudFrontRequest | CloudFrontResultResponse> {
  try {
    const { request } = event.Records[0]!.cf;
    return quickly(request) ?? (await route(request));
  } catch (error) {
    log("failed", { reason: String(error) });
    return unavailable();
  }
}

/** The decision that the last request got: most requests name the same version, and comparing costs less than looking it up. */
let last: { known?: Known; id?: string; served?: Forward } = {};

/**
 * Most requests name a version that a fresh map serves, in the form in which a page or a browser writes it, and need no more
 * than this. `undefined` leaves the request to `route`, unchanged. What is not a version id is not among those served, so no id
 * is checked here (a regular expression costs more than the lookup).
 */
function quickly(request: CloudFrontRequest): CloudFrontRequest | CloudFrontResultResponse | undefined {
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
  const known = id === undefined ? undefined : maps.ready(undefined);
  if (id === undefined || known === undefined) return undefined;
  if (known !== last.known || id !== last.id) {
    const served = known.pinned.get(id);
    if (served === undefined) return undefined;
    last = { known, id, served };
  }
  if (inQuery) request.querystring = withoutFirstPin(querystring);
  return carryOut(request, last.served!, undefined);
}

async function route(request: CloudFrontRequest): Promise<CloudFrontRequest | CloudFrontResultResponse> {
  const { querystring } = request;
  const pin = LOCKSTEP.protect ? requestPin(request.headers, querystring) : undefined;
  // The pin is Lockstep's own: the service gets the address as the app wrote it.
  request.querystring = withoutPins(querystring);
  asHealthCheck(request, LOCKSTEP.healthPath);
  const known = maps.ready(pin?.id) ?? (await maps.wait(pin?.id));
  const decision = decideRoute(pin, known, settings);
  observe(pin, known, decision);
  const asked = LOCKSTEP.explain && request.headers[EXPLAIN_HEADER]?.[0]?.value === "1";
  return carryOut(request, decision, asked ? explain(pin, known, decision) : undefined);
}

/** Logs what an operator must know: pins that no version serves, and decisions without a map. */
function observe(pin: Pin | undefined, known: Known | undefined, decision: Decision): void {
  const event =
    decision.kind !== "forward"
      ? decision.kind
      : decision.outcome === "fell-back"
        ? "fell-back"
        : known === undefined
          ? "derived-host"
          : undefined;
  if (event !== undefined)
    log(event, { pin: pin?.id, carrier: pin?.carrier, revision: known?.map.r, ageMs: maps.ageMs });
}

/** `carrier=header; pin=…; decision=pinned; version=…; revision=12; age-ms=830; edge=eu-west-1` */
function explain(pin: Pin | undefined, known: Known | undefined, decision: Decision): string {
  const reasons: [string, string | number | undefined][] = [
    ["carrier", pin?.carrier ?? "none"],
    ["pin", pin?.id],
    ["decision", decision.kind === "forward" ? decision.outcome : decision.kind],
    ["version", decision.kind === "forward" ? decision.version : undefined],
    ["revision", known?.map.r ?? "none"],
    ["age-ms", maps.ageMs],
    ["edge", process.env.AWS_REGION],
  ];
  return reasons
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");
}
