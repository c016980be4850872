import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type EdgeRequest, HOP_BY_HOP, newFields } from "./exchange/exchange.ts";
import { isDisallowed } from "./functions/header-rules.ts";

/** Reads a viewer's request. Drops fields that concern only its connection, and fields that only CloudFront may set. */
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

/** Returns the path of a request target. The client of a proxy sends the whole URL as the target. */
function absolutePath(path: string): string {
  if (path.startsWith("/")) return path;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(path);
  return authority === null ? `/${path}` : path.slice(authority[0].length) || "/";
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** Returns the fields that `Connection` names: after `Connection: close, X-Mine` the field `X-Mine` is hop-by-hop. */
function nominatedFields(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || /^(keep-alive|close|upgrade)$/i.test(connection)) return undefined;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}
