import { createServer, type IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { AwsError } from "../aws-error.ts";
import type { Balancer } from "./balancer.ts";
import { Exchange } from "./exchange.ts";
import type { Arrival } from "./forwarded-headers.ts";
import { answerError, answerFixed, unreadableRequest } from "./own-answers.ts";
import { chooseAction, type Route } from "./routes.ts";

export interface ListenerOptions {
  /** Address of this machine to listen on. */
  host: string;
  /** Local port; 0 selects a free one. */
  port: number;
  /** The listener's port on AWS. */
  listenerPort: number;
  balancer: Balancer;
}

/** A listener of a load balancer: a real HTTP/1.1 server. */
export interface Listener {
  /** The local port. */
  readonly port: number;
  /** Replaces the rules. The next request uses them. */
  setRoutes(routes: Route[]): void;
  /** Applies a changed port on AWS; the local port stays. */
  setListenerPort(port: number): void;
  /** Applies a changed idle timeout of the load balancer. */
  applyIdleTimeout(): void;
  /** Closes the server and every connection. */
  close(): Promise<void>;
}

/** Maximum size of request line and headers together: 64 KB (ALB quota). */
const REQUEST_HEADERS_MAX_BYTES = 64 * 1024;
/**
 * The client's timer expires after the target's, so that a silent target causes a 504 instead of a closed connection.
 */
const CLIENT_IDLE_MARGIN_MS = 2000;

/** Opens the listener's port. Throws an `AwsError` if the port is in use. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { balancer, host } = options;
  const arrival: Arrival = { protocol: "http", port: String(options.listenerPort) };
  const upgraded = new Set<Duplex>();
  let routes: Route[] = [];

  const server = createServer(
    {
      maxHeaderSize: REQUEST_HEADERS_MAX_BYTES,
      // As on an ALB, only an idle timeout ends a request, not its duration.
      requestTimeout: 0,
      // Other upgrades (`h2c`) get plain HTTP/1.1 responses.
      shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
    },
    (request, response) => handle(balancer, routes, arrival, request, response),
  );
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket);
    socket.on("close", () => upgraded.delete(socket));
    socket.on("error", ignoreReset);
    if (head.length > 0) socket.unshift(head);
    handle(balancer, routes, arrival, request, responseOn(request, socket), socket);
  });
  server.on("connection", (socket: Socket) => {
    balancer.metrics.connectionOpened();
    socket.on("close", () => balancer.metrics.connectionClosed());
  });
  server.on("clientError", (_error, socket) => {
    balancer.metrics.balancerResponse(400, false);
    if (socket.writable) socket.end(unreadableRequest());
    else socket.destroy();
  });
  const applyIdleTimeout = () => {
    server.keepAliveTimeout = balancer.idleTimeoutMs;
    server.timeout = balancer.idleTimeoutMs + CLIENT_IDLE_MARGIN_MS;
  };
  applyIdleTimeout();

  await listen(server, host, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    setRoutes: (next) => {
      routes = next;
    },
    setListenerPort: (port) => {
      arrival.port = String(port);
    },
    applyIdleTimeout,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

function handle(
  balancer: Balancer,
  routes: Route[],
  arrival: Arrival,
  request: IncomingMessage,
  response: ServerResponse,
  upgrade?: Duplex,
): void {
  const url = originForm(request.url!);
  if (url === undefined) {
    answerError(balancer, response, 400);
    return;
  }
  const action = chooseAction(routes, hostOf(request.rawHeaders), pathOf(url), request.rawHeaders);
  if (action?.type === "fixed-response") {
    answerFixed(balancer, response, action);
    return;
  }
  const group = action?.nextGroup();
  const target = group?.pick();
  if (group === undefined || target === undefined) answerError(balancer, response, 503);
  else new Exchange({ balancer, group, target, arrival, url, request, response, upgrade }).start();
}

/** Returns path and query of the request line; `undefined` without a path (`*`, an authority). */
function originForm(url: string): string | undefined {
  if (url.startsWith("/")) return url;
  const absolute = /^https?:\/\/[^/?#]*([^#]*)/i.exec(url);
  if (absolute === null) return undefined;
  return absolute[1]!.startsWith("/") ? absolute[1]! : `/${absolute[1]!}`;
}

function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}

/** Returns the first Host header in lower case, without its port. */
function hostOf(rawHeaders: string[]): string {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length !== 4 || name.toLowerCase() !== "host") continue;
    const host = rawHeaders[i + 1]!.toLowerCase();
    const colon = host.lastIndexOf(":");
    return colon > host.lastIndexOf("]") ? host.slice(0, colon) : host;
  }
  return "";
}

/** Creates the response to an upgrade request, because Node creates none. Every status except 101 needs it. */
function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.on("finish", () => {
    response.detachSocket(socket as Socket);
    socket.end();
  });
  return response;
}

function listen(server: ReturnType<typeof createServer>, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (error: NodeJS.ErrnoException) => {
    const busy = `Port ${port} of ${host} is used by another process. Stop that process or use another port for the listener.`;
    const message = error.code === "EADDRINUSE" ? busy : `Cannot listen on ${host}:${port}: ${error.message}`;
    reject(new AwsError("InvalidConfigurationRequest", message));
  });
  server.listen(port, host, resolve);
  return promise;
}

/** Ignores the reset of a client connection; the exchange handles it on `close`. */
function ignoreReset(): void {}
