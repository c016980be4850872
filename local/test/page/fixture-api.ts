import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** A request as the API of one version saw it. */
export interface Seen {
  version: string;
  method: string;
  url: string;
  body: string;
}

/** A small API of many versions: the Host says which one is asked, as the load balancer's rules do. */
export interface FixtureApi {
  handle(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** What was asked, newest last. */
  seen: Seen[];
  /** Ends all streams and sockets, as a task does that is stopped. */
  hangUp(): void;
  /** Asks all streams and sockets to come back, as the middleware does. */
  reconnectPlease(): void;
}

export function createFixtureApi(): FixtureApi {
  const seen: Seen[] = [];
  const streams = new Set<ServerResponse>();
  const sockets = new WebSocketServer({ noServer: true });
  const open = new Set<WebSocket>();
  return {
    seen,
    handle(request, response) {
      const version = versionOf(request);
      response.setHeader("x-lockstep-served", version);
      response.setHeader("cache-control", "no-store");
      for (const name of ["x-lockstep-outcome", "x-lockstep-current", "x-lockstep-explain"]) {
        const value = request.headers[name];
        if (typeof value === "string") response.setHeader(name, value);
      }
      const { pathname } = new URL(request.url!, "http://api");
      const entry: Seen = { version, method: request.method!, url: request.url!, body: "" };
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
      request.on("end", () => answer(pathname, version, request, response));
    },
    upgrade(request, socket, head) {
      const version = versionOf(request);
      seen.push({ version, method: "UPGRADE", url: request.url!, body: "" });
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
      for (const stream of streams) stream.end("event: lockstep-reconnect\ndata: {}\n\n");
      for (const client of open) client.close(1012, "reconnect");
    },
  };
}

function answer(pathname: string, version: string, request: IncomingMessage, response: ServerResponse): void {
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
