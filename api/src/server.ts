import { createServer, type Server } from "node:http";
import type { Logger } from "pino";
import { WebSocketServer } from "ws";
import { createApp } from "./app.ts";
import { type Lockstep, lockstep } from "./lockstep.ts";

/** Longer than the load balancer's idle time-out (60 s): otherwise it reuses a connection that we just closed, a sporadic 502. */
const KEEP_ALIVE_MS = 65_000;
const SWEEP_MS = 50;

export interface ServerOptions {
  version: string;
  log: Logger;
}

export interface RunningServer {
  server: Server;
  /** Takes no new connection, tells streams and sockets to come back elsewhere, finishes what is in flight. */
  drain(): Promise<void>;
}

/** The HTTP and WebSocket server around the app. Not listening yet. */
export function createApiServer({ version, log }: ServerOptions): RunningServer {
  const page = lockstep({ version });
  const app = createApp({ version, log, lockstep: page });
  const server = createServer(app.callback());
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 1000;
  server.requestTimeout = 0; // a large upload may take its time; the load balancer's idle time-out guards

  const sockets = echoSocket(version, page);
  server.on("upgrade", (request, socket, head) => {
    if (new URL(request.url ?? "/", "http://api").pathname !== "/api/socket") {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client, request));
  });

  return {
    server,
    async drain() {
      page.reconnectPlease();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection whose last answer is done stays open for its keep-alive: close each as it falls idle.
      const sweeping = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      await closed;
      clearInterval(sweeping);
      page.stop();
    },
  };
}

/** Echoes each message together with who answered, so that a page can see which version holds its socket. */
function echoSocket(version: string, page: Lockstep): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  sockets.on("headers", (lines, request) => {
    for (const [name, value] of Object.entries(page.headersFor(request.headers)))
      lines.push(`${name}: ${value}`);
  });
  sockets.on("connection", (client) => {
    page.hold(client);
    client.on("error", () => client.terminate()); // a broken or oversized frame ends that socket and nothing else
    client.on("message", (data) => client.send(JSON.stringify({ served: version, echo: String(data) })));
  });
  return sockets;
}
