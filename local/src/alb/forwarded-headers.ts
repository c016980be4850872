import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Balancer } from "./balancer.ts";

export interface ForwardedRequest {
  /** Alternating names and values for the target. */
  headers: string[];
  hasBody: boolean;
}

/** How the client reached the load balancer, for the X-Forwarded headers. */
export interface Arrival {
  protocol: "http" | "https";
  /** The listener's configured port, not the local one. */
  port: string;
}

const VALID_NAME = /^[-A-Za-z0-9]+$/;

/**
 * Returns the headers that the target receives. Names and order are kept, Host is unchanged, and hop-by-hop headers are
 * removed. The client's address is appended to X-Forwarded-For. X-Forwarded-Proto and -Port are always replaced.
 * X-Amzn-Trace-Id is added if it is missing.
 */
export function forwardedHeaders(
  request: IncomingMessage,
  arrival: Arrival,
  balancer: Balancer,
): ForwardedRequest {
  const raw = request.rawHeaders;
  const headers: string[] = [];
  let forwardedFor = "";
  let traced = false;
  let hasHost = false;
  let hasBody = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    switch (name.toLowerCase()) {
      case "connection":
      case "keep-alive":
      case "proxy-connection":
      case "te":
      case "trailer":
      case "upgrade":
      case "expect":
      case "x-forwarded-proto":
      case "x-forwarded-port":
        continue;
      case "transfer-encoding":
        hasBody = true;
        continue;
      case "content-length":
        if (value !== "0") hasBody = true;
        break;
      case "host":
        if (hasHost) continue;
        hasHost = true;
        break;
      case "x-forwarded-for":
        forwardedFor += `${value}, `;
        continue;
      case "x-amzn-trace-id":
        traced = true;
        break;
      default:
        if (balancer.dropInvalidHeaders && !VALID_NAME.test(name)) continue;
    }
    headers.push(name, value);
  }
  headers.push("X-Forwarded-For", forwardedFor + clientAddress(request));
  headers.push("X-Forwarded-Proto", arrival.protocol, "X-Forwarded-Port", arrival.port);
  if (!traced) headers.push("X-Amzn-Trace-Id", nextTraceId());
  return { headers, hasBody };
}

/** Returns the client's address, in IPv4 form for an IPv4 client on a dual-stack socket. */
function clientAddress(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? "";
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}

const traceSeed = randomBytes(8).toString("hex");
let traces = 0;

function nextTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  traces = (traces + 1) >>> 0;
  return `Root=1-${seconds}-${traceSeed}${traces.toString(16).padStart(8, "0")}`;
}

/** Returns the target's response headers, alternating names and values, without hop-by-hop headers. */
export function answeredHeaders(raw: Buffer[]): string[] {
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toString("latin1");
    switch (name.toLowerCase()) {
      case "connection":
      case "keep-alive":
      case "proxy-connection":
      case "transfer-encoding":
      case "trailer":
      case "upgrade":
        continue;
    }
    headers.push(name, raw[i + 1]!.toString("latin1"));
  }
  return headers;
}
