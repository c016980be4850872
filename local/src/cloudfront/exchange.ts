import type { Duplex, Readable } from "node:stream";

/** Header fields: lower-case name → its lines. Without a prototype, so that no name collides. */
export type Fields = Record<string, string[]>;

export function newFields(from?: Fields): Fields {
  return Object.assign(Object.create(null), from);
}

/** What a viewer asks, on its way to the origin. Each step of the journey makes a changed copy. */
export interface EdgeRequest {
  /** `X-Amz-Cf-Id` and `context.requestId`. */
  id: string;
  /** Of the viewer. */
  ip: string;
  httpVersion: string;
  method: string;
  /** Percent-encoded as it came, without the query. */
  path: string;
  /** Raw, without the question mark. */
  query: string;
  /** Whether a question mark came with nothing behind it. */
  loneQuestionMark?: boolean;
  /** With the raw `cookie` lines; without hop-by-hop fields. */
  fields: Fields;
  /** Undefined when there is none. */
  body: Readable | undefined;
  /** Whether the viewer asks to go on as a WebSocket. */
  upgrade: boolean;
}

/** What a viewer gets. */
export interface EdgeResponse {
  status: number;
  /** Undefined: the usual phrase of the status. */
  reason?: string | undefined;
  fields: Fields;
  body: Uint8Array | Readable | undefined;
  /** The origin's end of a WebSocket, with what it has sent already; the status is 101. */
  tunnel?: { socket: Duplex; head: Buffer } | undefined;
  /** `X-Cache`, without " from cloudfront". */
  cacheResult: string;
}

/** Fields that concern one connection only (RFC 9110, 7.6.1) and never pass the edge. */
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
