/**
 * The headers that an edge function sees and may change (Developer Guide, "Restrictions on all edge functions").
 * A function that adds a disallowed header, or adds, changes or removes a read-only one, fails validation (502).
 */
import type { Fields } from "../exchange/exchange.ts";

const DISALLOWED = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "trailer",
  "upgrade",
  "x-accel-buffering",
  "x-accel-charset",
  "x-accel-limit-rate",
  "x-accel-redirect",
  "x-amzn-auth",
  "x-amzn-cf-billing",
  "x-amzn-cf-id",
  "x-amzn-cf-xff",
  "x-amzn-errortype",
  "x-amzn-fle-profile",
  "x-amzn-header-count",
  "x-amzn-header-order",
  "x-amzn-lambda-integration-tag",
  "x-amzn-requestid",
  "x-cache",
  "x-forwarded-proto",
  "x-real-ip",
]);

/** Whether a header is hidden from functions and refused in their results. */
export function isDisallowed(name: string): boolean {
  return DISALLOWED.has(name) || name.startsWith("x-amz-cf-") || name.startsWith("x-edge-");
}

/**
 * Headers that functions can read but not change, by event. At viewer-request, `cdn-loop` is read-only for CloudFront
 * Functions.
 */
const READ_ONLY = {
  "viewer-request": ["cdn-loop", "content-length", "host", "transfer-encoding", "via"],
  "origin-request": [
    "accept-encoding",
    "cdn-loop",
    "content-length",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "transfer-encoding",
    "via",
  ],
  // AWS documents only `via` and `warning` for CloudFront Functions. Headers that describe the body are read-only too,
  // unless the function replaces the body.
  "viewer-response": ["content-encoding", "content-length", "transfer-encoding", "via", "warning"],
} as const;

export type EdgeEvent = keyof typeof READ_ONLY;

/** Returns the broken rule if a function's header fields are not acceptable; else undefined. */
export function brokenHeaderRule(event: EdgeEvent, before: Fields, after: Fields): string | undefined {
  for (const name in after) {
    if (isDisallowed(name)) return `the header ${name} may not be added by an edge function`;
    if (name !== name.toLowerCase()) return `the header name ${name} is not in lower case`;
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) return `"${name}" is not a header name`;
    for (const value of after[name]!) {
      if (/[\0\r\n]/.test(value)) return `the value of ${name} contains a line break`;
    }
  }
  for (const name of READ_ONLY[event]) {
    if (!sameLines(before[name], after[name])) return `the header ${name} is read-only at ${event}`;
  }
  return undefined;
}

function sameLines(before: string[] | undefined, after: string[] | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return before.length === after.length && before.every((line, index) => line === after[index]);
}
