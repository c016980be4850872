import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type EdgeRequest, HOP_BY_HOP, newFields } from "./exchange.ts";
import { isDisallowed } from "./functions/header-rules.ts";

/** The request as it came from the viewer, without what concerns its connection only and what only CloudFront may say. */
export function readViewerRequest(message: IncomingMessage, upgrade: boolean): EdgeRequest {
  const target = message.url!;
  const end = target.indexOf("?");
  const fields = newFields();
  const distinct = message.headersDistinct;
  const nominated = nominatedFields(message.headers.connection);
  for (const name in distinct) {
    if (HOP_BY_HOP.has(name) || nominated?.has(name) || name.startsWith("cloudfront-") || isDisallowed(name))
      continue;
    fields[name] = distinct[name]!;
  }
  return {
    id: randomBytes(39).toString("base64url"),
    ip: (message.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    httpVersion: message.httpVersion,
    method: message.method!,
    path: absolutePath(end === -1 ? target : target.slice(0, end)),
    query: end === -1 ? "" : target.slice(end + 1),
    ...(end === target.length - 1 && { loneQuestionMark: true }),
    fields,
    body: hasBody(message) ? message : undefined,
    upgrade,
  };
}

/** A proxy's client sends the whole URL. */
function absolutePath(path: string): string {
  if (path.startsWith("/")) return path;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(path);
  return authority === null ? `/${path}` : path.slice(authority[0].length) || "/";
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** `Connection: close, X-Mine` makes `X-Mine` a field of this connection. */
function nominatedFields(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || /^(keep-alive|close|upgrade)$/i.test(connection)) return undefined;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}
