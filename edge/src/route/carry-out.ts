import type { CloudFrontHeaders, CloudFrontRequest, CloudFrontResultResponse } from "aws-lambda";
import type { Pin } from "../choose-pin.ts";
import type { Decision } from "../decide-route.ts";
import {
  CARRIER_HEADER,
  CURRENT_HEADER,
  EXPLAIN_HEADER,
  FORWARDED_HOST_HEADER,
  GONE_TYPE,
  ORIGIN_SECRET_HEADER,
  OUTCOME_HEADER,
  UNAVAILABLE_TYPE,
  VERSION_HEADER,
} from "../names.ts";
import { isVersionId } from "../version-id.ts";

/** How soon a client that met "nobody knows what is current" may ask again. */
const RETRY_AFTER_SECONDS = "1";

/** The pin that `pin` wrote. Without a carrier it counts as a header pin: rather refused than answered by another version. */
export function pinOf(headers: CloudFrontHeaders): Pin | undefined {
  const id = headers[VERSION_HEADER]?.[0]?.value;
  if (!isVersionId(id)) return undefined;
  const carrier = headers[CARRIER_HEADER]?.[0]?.value;
  return { id, carrier: carrier === "cookie" || carrier === "query" ? carrier : "header" };
}

/**
 * Turns a decision into what CloudFront does next: the request with the version's Host, or an answer. Touches no header
 * that is read-only at origin-request, so upgrades to WebSocket pass as they came.
 *
 * `explanation`: the reasons, for who asked for them.
 */
export function carryOut(
  request: CloudFrontRequest,
  decision: Decision,
  explanation: string | undefined,
): CloudFrontRequest | CloudFrontResultResponse {
  if (decision.kind !== "forward") return refusal(decision, explanation);
  const { headers } = request;
  const viewerHost = headers.host;
  // Written out, one name a place: V8 remembers for each place where the name stands in an object.
  headers.host = decision.lines.host;
  if (viewerHost !== undefined)
    headers[FORWARDED_HOST_HEADER] = [{ key: FORWARDED_HOST_HEADER, value: viewerHost[0]!.value }];
  else if (headers[FORWARDED_HOST_HEADER] !== undefined) delete headers[FORWARDED_HOST_HEADER];
  headers[OUTCOME_HEADER] = decision.lines.outcome;
  if (decision.lines.current !== undefined) headers[CURRENT_HEADER] = decision.lines.current;
  else if (headers[CURRENT_HEADER] !== undefined) delete headers[CURRENT_HEADER];
  if (headers[CARRIER_HEADER] !== undefined) delete headers[CARRIER_HEADER];
  if (explanation !== undefined) headers[EXPLAIN_HEADER] = [{ key: EXPLAIN_HEADER, value: explanation }];
  else if (headers[EXPLAIN_HEADER] !== undefined) delete headers[EXPLAIN_HEADER];
  // CloudFront adds the secret itself, and refuses a request that already has a header of that name.
  if (headers[ORIGIN_SECRET_HEADER] !== undefined) delete headers[ORIGIN_SECRET_HEADER];
  return request;
}

/** The answer to a request that no version serves, in a form that a page can read (RFC 9457). */
function refusal(
  decision: Exclude<Decision, { kind: "forward" }>,
  explanation: string | undefined,
): CloudFrontResultResponse {
  if (decision.kind === "unavailable") return unavailable(explanation);
  const { version, current } = decision;
  const answer = problem("409", "Conflict", explanation, {
    type: GONE_TYPE,
    title: "This version is gone",
    status: 409,
    detail: `Version ${version} is no longer served. Reload the page to get the current one.`,
    version,
    current: current ?? null,
  });
  set(answer.headers!, OUTCOME_HEADER, "gone");
  set(answer.headers!, CURRENT_HEADER, current);
  return answer;
}

/** Nothing was released yet, or nobody knows what is current. */
export function unavailable(explanation?: string): CloudFrontResultResponse {
  const answer = problem("503", "Service Unavailable", explanation, {
    type: UNAVAILABLE_TYPE,
    title: "No current version",
    status: 503,
    detail: "Nothing is released yet, or what is current cannot be read. Try again.",
    current: null,
  });
  set(answer.headers!, "retry-after", RETRY_AFTER_SECONDS);
  return answer;
}

function problem(
  status: string,
  statusDescription: string,
  explanation: string | undefined,
  document: Record<string, unknown>,
): CloudFrontResultResponse {
  const headers: CloudFrontHeaders = {};
  set(headers, "content-type", "application/problem+json");
  set(headers, "cache-control", "no-store");
  set(headers, EXPLAIN_HEADER, explanation);
  return { status, statusDescription, headers, body: JSON.stringify(document) };
}

/** Sets a header, or removes it. Deleting only what is there keeps V8's shape of the object. */
function set(headers: CloudFrontHeaders, name: string, value: string | undefined): void {
  if (value !== undefined) headers[name] = [{ key: name, value }];
  else if (headers[name] !== undefined) delete headers[name];
}
