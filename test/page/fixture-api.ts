import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { RECONNECT_CODE, RECONNECT_EVENT } from "@lockstep/edge/names";
import { type WebSocket, WebSocketServer } from "ws";

/** A request that the API of one version received. */
export interface Seen {
  version: string;
  method: string;
  url: string;
  body: string;
  headers: IncomingHttpHeaders;
}

/** A small API in several versions. The Host header selects the version, as in the load balancer's rules. */
export interface FixtureApi {
  handle(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Received requests, oldest first. */
  seen: Seen[];
  /** Ends all event streams and WebSockets, like a task that stops. */
  hangUp(): void;
  /** Answers the pending requests for `/api/slow`. */
  answerSlow(): void;
  /** Asks the clients of all event streams and WebSockets to reconnect, as the middleware does. */
  reconnectPlease(): void;
}

export function createFixtureApi(): FixtureApi {
  const seen: Seen[] = [];
  const streams = new Set<ServerResponse>();
  const sockets = new WebSocketServer({ noServer: true });
  const open = new Set<WebSocket>();
  const slow: (() => void)[] = [];
  return {
    seen,
    answerSlow() {
      for (const end of slow.splice(0)) end();
    },
    handle(request, response) {
      const version = versionOf(request);
      response.setHeader("x-lockstep-served", version);
      for (const name of ["x-lockstep-outcome", "x-lockstep-current", "x-lockstep-explain"]) {
        const value = request.headers[name];
        if (typeof value === "string") response.setHeader(name, value);
      }
      const { pathname } = new URL(request.url!, "http://api");
      const { method, url, headers } = request;
      const entry: Seen = { version, method: method!, url: url!, headers, body: "" };
      seen.push(entry);
      if (pathname === "/api/echo") {
        response.setHeader("content-type", request.headers["content-type"] ?? "application/octet-stream");
        request.pipe(response);
        return;
      }
      if (pathname === "/api/events") {
        response.setHeader("content-type", "text/event-stream");
        response.write(`retry: 100\ndata: ${version}\n\n`);
        streams.add(response);
        response.on("close", () => streams.delete(response));
        return;
      }
      request.on("data", (chunk) => (entry.body += chunk));
      if (pathname === "/api/slow")
        return void request.on("end", () => slow.push(() => answer(pathname, version, request, response)));
      request.on("end", () => answer(pathname, version, request, response));
    },
    upgrade(request, socket, head) {
      const version = versionOf(request);
      seen.push({ version, method: "UPGRADE", url: request.url!, headers: request.headers, body: "" });
      sockets.handleUpgrade(request, socket, head, (client) => {
        open.add(client);
        client.on("close", () => open.delete(client));
        client.send(JSON.stringify({ served: version }));
        client.on("message", (data) => client.send(JSON.stringify({ served: version, echo: String(data) })));
      });
    },
    hangUp() {
      for (const stream of streams) stream.end();
      for (const client of open) client.terminate();
    },
    reconnectPlease() {
      for (const stream of streams) stream.end(`event: ${RECONNECT_EVENT}\ndata: {}\n\n`);
      for (const client of open) client.close(RECONNECT_CODE, "reconnect");
    },
  };
}

/** Caching headers of a service, by path. */
const CACHING: Record<string, Record<string, string>> = {
  "/api/max-age": { "cache-control": "private, max-age=600" },
  "/api/shared-max-age": { "cache-control": "public, s-maxage=600, max-age=600, immutable" },
  "/api/stale": { "cache-control": "max-age=1, stale-while-revalidate=600" },
  "/api/etag": { etag: '"rev-42"', "cache-control": "no-cache" },
  "/api/weak-etag": { etag: 'W/"rev-42"', "cache-control": "private, max-age=0, must-revalidate" },
  "/api/heuristic": { "last-modified": "Wed, 01 Jan 2020 00:00:00 GMT" },
  "/api/vary": { "cache-control": "max-age=600", vary: "Accept, Cookie" },
};

function answer(pathname: string, version: string, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(CACHING[pathname] ?? {})) response.setHeader(name, value);
  const { etag } = CACHING[pathname] ?? {};
  if (etag && request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
  if (pathname === "/api/health") response.setHeader("set-cookie", "sid=extended; Path=/; Max-Age=600");
  if (pathname === "/api/redirect") {
    const { searchParams } = new URL(request.url!, "http://api");
    const headers = { location: searchParams.get("to")!, "cache-control": "no-store" };
    return void response.writeHead(Number(searchParams.get("status") ?? 302), headers).end();
  }
  const status = Number(/^\/api\/status\/(\d{3})$/.exec(pathname)?.[1] ?? 200);
  response.statusCode = status;
  if (pathname === "/api/page") {
    response.setHeader("content-type", "text/html");
    response.end(`<p id="served">${version}</p>`);
    return;
  }
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({
      served: version,
      method: request.method,
      headers: request.headers,
      text: STATUS_CODES[status],
    }),
  );
}

function versionOf(request: IncomingMessage): string {
  return request.headers.host!.split(".")[0]!;
}
