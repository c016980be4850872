import type { Duplex, Readable } from "node:stream";

/** Header fields: lower-case name → lines. The object has no prototype, so every name is safe as a key. */
export type Fields = Record<string, string[]>;

export function newFields(from?: Fields): Fields {
  return Object.assign(Object.create(null), from);
}

/** A viewer's request on its way to the origin. Each step of the journey makes a changed copy. */
export interface EdgeRequest {
  /** `X-Amz-Cf-Id` and `context.requestId`. */
  id: string;
  /** Address of the viewer. */
  ip: string;
  httpVersion: string;
  method: string;
  /** Without the query; percent-encoded as the viewer sent it. */
  path: string;
  /** Raw query string, without the question mark. */
  query: string;
  /** Whether the URL ends with a question mark. */
  loneQuestionMark?: boolean;
  /** Includes the raw `cookie` lines; excludes hop-by-hop fields. */
  fields: Fields;
  /** Undefined if the request has no body. */
  body: Readable | undefined;
  /** Whether this is a WebSocket handshake. */
  upgrade: boolean;
}

/** The response to a viewer. */
export interface EdgeResponse {
  status: number;
  /** Reason phrase. Default: the usual phrase of the status. */
  reason?: string | undefined;
  fields: Fields;
  body: Uint8Array | Readable | undefined;
  /** The origin's socket of a WebSocket and the first bytes it sent. The status is 101. */
  tunnel?: { socket: Duplex; head: Buffer } | undefined;
  /** `X-Cache`, without " from cloudfront". */
  cacheResult: string;
}

/** Fields that concern only one connection (RFC 9110, 7.6.1). The edge never forwards them. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
]);
