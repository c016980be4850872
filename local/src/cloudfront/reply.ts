import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { EdgeRequest, EdgeResponse } from "./exchange/exchange.ts";

/** The edge as named in `Via` (`domainName`) and `X-Amz-Cf-Pop` (`name`). */
export interface ReplyingEdge {
  name: string;
  domainName: string;
}

/** CloudFront closes a WebSocket after ten minutes without data. */
const WEBSOCKET_IDLE_MS = 10 * 60_000;

/** Writes a response to the viewer. The head of a stream is sent at once, then each chunk as it arrives. */
export function reply(
  edge: ReplyingEdge,
  request: EdgeRequest,
  response: EdgeResponse,
  to: ServerResponse,
): void {
  const { status, body } = response;
  if (isBroken(body)) {
    to.destroy();
    return;
  }
  to.sendDate = response.fields.date === undefined;
  to.writeHead(status, response.reason ?? STATUS_CODES[status] ?? "", headLines(edge, request, response));
  if (body === undefined) to.end();
  else if (body instanceof Uint8Array) to.end(request.method === "HEAD" ? undefined : body);
  else if (request.method === "HEAD") {
    body.on("error", () => to.destroy()).resume();
    to.end();
  } else {
    // If the origin's response breaks off, the viewer's connection must break too, or a partial body would look
    // complete.
    body.on("error", () => to.destroy());
    to.on("close", () => body.destroy());
    to.flushHeaders();
    body.pipe(to);
  }
}

function isBroken(body: EdgeResponse["body"]): boolean {
  return body !== undefined && !(body instanceof Uint8Array) && body.destroyed;
}

function headLines(edge: ReplyingEdge, request: EdgeRequest, response: EdgeResponse): string[] {
  const { fields, body, status } = response;
  const lines: string[] = [];
  for (const name in fields) for (const value of fields[name]!) if (name !== "via") lines.push(name, value);
  if (body instanceof Uint8Array && fields["content-length"] === undefined && status !== 304)
    lines.push("content-length", String(body.byteLength));
  if (
    body === undefined &&
    fields["content-length"] === undefined &&
    status >= 200 &&
    status !== 204 &&
    status !== 304
  )
    lines.push("content-length", "0");
  lines.push("via", [...(fields.via ?? []), `1.1 ${edge.domainName} (CloudFront)`].join(", "));
  lines.push("x-cache", `${response.cacheResult} from cloudfront`);
  lines.push("x-amz-cf-pop", edge.name, "x-amz-cf-id", request.id);
  return lines;
}

/** Answers a handshake with the origin's 101 and connects the two sockets until one of them closes. */
export function replyWithTunnel(
  edge: ReplyingEdge,
  request: EdgeRequest,
  response: EdgeResponse,
  viewer: Duplex & { setTimeout?(ms: number, ended: () => void): unknown },
  sentAlready: Buffer,
): void {
  const { socket: origin, head } = response.tunnel!;
  const lines = headLines(edge, request, response);
  let text = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n";
  for (let index = 0; index < lines.length; index += 2) text += `${lines[index]}: ${lines[index + 1]}\r\n`;
  viewer.write(`${text}\r\n`, "latin1");
  if (head.byteLength > 0) viewer.write(head);
  if (sentAlready.byteLength > 0) origin.write(sentAlready);
  const end = () => {
    viewer.destroy();
    origin.destroy();
  };
  viewer.on("error", end).on("close", end);
  origin.on("error", end).on("close", end);
  viewer.setTimeout?.(WEBSOCKET_IDLE_MS, end);
  viewer.pipe(origin);
  origin.pipe(viewer);
}
