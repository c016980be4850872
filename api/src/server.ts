import { createServer, type Server } from "node:http";
import type { Logger } from "pino";
import { WebSocketServer } from "ws";
import { createApp } from "./app.ts";
import { type Lockstep, lockstep } from "./lockstep.ts";

/**
 * Longer than the load balancer's idle timeout (60 s). Otherwise the load balancer could reuse a connection that the
 * server has just closed, and answer 502.
 */
const KEEP_ALIVE_MS = 65_000;
const SWEEP_MS = 50;

export interface ServerOptions {
  version: string;
  log: Logger;
}

export interface RunningServer {
  server: Server;
  /**
   * Stops accepting connections, asks event streams and WebSockets to reconnect, and waits for the requests in flight.
   */
  drain(): Promise<void>;
}

/** Creates the HTTP and WebSocket server of the app, without starting to listen. */
export function createApiServer({ version, log }: ServerOptions): RunningServer {
  const page = lockstep({ version });
  const app = createApp({ version, log, lockstep: page });
  const server = createServer(app.callback());
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 1000;
  server.requestTimeout = 0; // large uploads take long; the load balancer's idle timeout ends stalled uploads

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
      // Keep-alive holds a connection open after its last response, so connections are closed once they are idle.
      const sweeping = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      await closed;
      clearInterval(sweeping);
      page.stop();
    },
  };
}

/** Echoes each message with the version of this process, so that a page can show which version holds its WebSocket. */
function echoSocket(version: string, page: Lockstep): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  sockets.on("headers", (lines, request) => {
    for (const [name, value] of Object.entries(page.headersFor(request.headers)))
      lines.push(`${name}: ${value}`);
  });
  sockets.on("connection", (client) => {
    page.hold(client);
    client.on("error", () => client.terminate()); // a broken or oversized frame closes only this WebSocket
    client.on("message", (data) => client.send(JSON.stringify({ served: version, echo: String(data) })));
  });
  return sockets;
}
