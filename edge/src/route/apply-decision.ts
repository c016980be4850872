import type { CloudFrontHeaders, CloudFrontRequest, CloudFrontResultResponse } from "aws-lambda";
import type { Decision } from "../decide-route.ts";
import {
  CURRENT_HEADER,
  EXPLAIN_HEADER,
  FORWARDED_HOST_HEADER,
  GONE_TYPE,
  ORIGIN_SECRET_HEADER,
  OUTCOME_HEADER,
  SERVED_HEADER,
  UNAVAILABLE_TYPE,
  VERSION_HEADER,
} from "../names.ts";

/** Seconds after which a client that got "no current version" may retry. */
const RETRY_AFTER_SECONDS = "1";

/**
 * Applies a decision: returns the request with the version's Host, or an answer. Every header that only Lockstep may
 * write is overwritten or removed, whatever the viewer sent. It touches no header that is read-only at origin-request,
 * so WebSocket upgrades pass unchanged.
 *
 * @param explanation the reasons, if the viewer asked for them
 */
export function applyDecision(
  request: CloudFrontRequest,
  decision: Decision,
  explanation: string | undefined,
): CloudFrontRequest | CloudFrontResultResponse {
  if (decision.kind !== "forward") return refusal(decision, explanation);
  const { headers } = request;
  const viewerHost = headers.host;
  // Each name has its own access site, because V8 caches the layout of an object per site.
  headers.host = decision.lines.host;
  if (viewerHost !== undefined) {
    // Renames the viewer's own header entry, because creating a new one costs more.
    if (viewerHost.length > 1) viewerHost.length = 1;
    viewerHost[0]!.key = FORWARDED_HOST_HEADER;
    headers[FORWARDED_HOST_HEADER] = viewerHost;
  } else if (headers[FORWARDED_HOST_HEADER] !== undefined) delete headers[FORWARDED_HOST_HEADER];
  headers[OUTCOME_HEADER] = decision.lines.outcome;
  if (decision.lines.current !== undefined) headers[CURRENT_HEADER] = decision.lines.current;
  else if (headers[CURRENT_HEADER] !== undefined) delete headers[CURRENT_HEADER];
  if (decision.lines.version !== undefined) headers[VERSION_HEADER] = decision.lines.version;
  else if (headers[VERSION_HEADER] !== undefined) delete headers[VERSION_HEADER];
  if (headers[SERVED_HEADER] !== undefined) delete headers[SERVED_HEADER];
  if (explanation !== undefined) headers[EXPLAIN_HEADER] = [{ key: EXPLAIN_HEADER, value: explanation }];
  else if (headers[EXPLAIN_HEADER] !== undefined) delete headers[EXPLAIN_HEADER];
  // CloudFront adds the secret itself, and refuses a request that already has a header of that name.
  if (headers[ORIGIN_SECRET_HEADER] !== undefined) delete headers[ORIGIN_SECRET_HEADER];
  return request;
}

/** The answer to a request that no version serves, as a problem document (RFC 9457) that a page can read. */
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

/** The answer when nothing is released yet, or current is unknown. */
export function unavailable(explanation?: string): CloudFrontResultResponse {
  const answer = problem("503", "Service Unavailable", explanation, {
    type: UNAVAILABLE_TYPE,
    title: "No current version",
    status: 503,
    detail: "Nothing is released yet, or the current version cannot be read. Try again.",
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

/**
 * Sets a header, or removes it. It deletes only an existing header, because a delete changes the object's shape in V8.
 */
function set(headers: CloudFrontHeaders, name: string, value: string | undefined): void {
  if (value !== undefined) headers[name] = [{ key: name, value }];
  else if (headers[name] !== undefined) delete headers[name];
}
