import type { CloudFrontRequest, CloudFrontRequestEvent, CloudFrontResultResponse } from "aws-lambda";
import type { Pin } from "../choose-pin.ts";
import { type Decision, decideRoute, type Known } from "../decide-route.ts";
import type { EdgeSettings } from "../edge-settings.ts";
import { MapCache } from "../map-cache.ts";
import { EXPLAIN_HEADER, VERSION_HEADER } from "../names.ts";
import { carryOut, pinOf, unavailable } from "./carry-out.ts";
import { createEventLog } from "./event-log.ts";
import { createParameterReader } from "./read-parameter.ts";
import { createRegionsReader } from "./read-regions.ts";

declare const LOCKSTEP: EdgeSettings;

/**
 * Longest time for one read of the map, all regions together. A first connection from the other side of the world takes three
 * round trips; requests themselves wait for less (`MAX_WAIT_MS`) where anything else can answer them.
 */
const READ_TIMEOUT_MS = 2000;

const settings = { whenGone: LOCKSTEP.whenGone, hostSuffix: LOCKSTEP.hostSuffix };
const log = createEventLog(Date.now, (line) => console.log(line));
const regions =
  LOCKSTEP.mapFallbackRegion === undefined
    ? [LOCKSTEP.mapRegion]
    : [LOCKSTEP.mapRegion, LOCKSTEP.mapFallbackRegion];
const maps = new MapCache({
  read: createRegionsReader(
    regions.map((region) => ({
      region,
      read: createParameterReader({
        name: LOCKSTEP.mapParameter,
        region,
        timeoutMs: READ_TIMEOUT_MS / regions.length,
        environment: process.env,
        now: Date.now,
      }),
    })),
    log,
  ),
  ttlMs: LOCKSTEP.mapTtlSeconds * 1000,
  readTimeoutMs: READ_TIMEOUT_MS,
  now: Date.now,
  random: Math.random,
  log,
});

/**
 * Lambda@Edge, origin-request on the API's behaviours: sends a request to the version that `pin` chose, or answers 409 or 503.
 * An exception would be a 503 without a word; here it is a 503 that a page can read.
 */
export async function handler(
  event: CloudFrontRequestEvent,
): Promise<CloudFrontRequest | CloudFrontResultResponse> {
  try {
    const { request } = event.Records[0]!.cf;
    const { headers } = request;
    // Most requests name a version that a fresh map serves, and need no more than this. What is no id is not in a map.
    const named = LOCKSTEP.protect ? headers[VERSION_HEADER]?.[0]?.value : undefined;
    if (named !== undefined && headers[EXPLAIN_HEADER] === undefined) {
      const served = maps.ready(undefined)?.pinned.get(named);
      if (served !== undefined) return carryOut(request, served, undefined);
    }
    return await route(request);
  } catch (error) {
    log("failed", { reason: String(error) });
    return unavailable();
  }
}

async function route(request: CloudFrontRequest): Promise<CloudFrontRequest | CloudFrontResultResponse> {
  const pin = LOCKSTEP.protect ? pinOf(request.headers) : undefined;
  const known = maps.ready(pin?.id) ?? (await maps.wait(pin?.id));
  const decision = decideRoute(pin, known, settings);
  observe(pin, known, decision);
  const asked = LOCKSTEP.explain && request.headers[EXPLAIN_HEADER]?.[0]?.value === "1";
  return carryOut(request, decision, asked ? explain(pin, known, decision) : undefined);
}

/** What an operator wants to hear of: pins that nobody serves, and decisions without a map. */
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
