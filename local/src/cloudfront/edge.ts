/**
 * One simulated CloudFront edge location: a port of this machine, with its own cache, function sandboxes, copies of
 * Lambda@Edge functions and connections to the origins.
 *
 * The files in the order of a request's journey, which `journey.ts` directs:
 *
 *     viewer.ts                            reads the viewer's request
 *     configuration/path-pattern.ts        chooses the behavior by the viewer's path, before any function runs
 *     functions/edge-functions.ts          runs the viewer-request function
 *     cache/cache-key.ts, cache.ts         look for a stored object
 *     origins/origin-request.ts            applies the policies to the request
 *     functions/origin-request-event.ts    runs Lambda@Edge
 *     origins/{s3,custom,websocket}-origin.ts
 *     cache/compression.ts, freshness.ts, cache-store.ts
 *     cache/conditional.ts, configuration/response-headers.ts
 *     functions/edge-functions.ts          runs the viewer-response function
 *     reply.ts                             writes the response
 *
 * **Gaps**: custom error pages, signed URLs, geo restriction, origin groups, Lambda@Edge at events other than
 * origin-request, stale responses while an origin is down, revalidation of stale objects (the edge fetches them again),
 * range requests for cacheable streams.
 * **By design**: viewers speak plain HTTP/1.1 and count as HTTPS; nothing between edge and origin is encrypted; an edge
 * finds a stored object only by its exact key, and only its own objects.
 */
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Cloud } from "../cloud.ts";
import { EdgeCache } from "./cache/cache.ts";
import type { Distribution } from "./configuration/distribution.ts";
import { createEdgeFunctions, type FunctionSource } from "./functions/edge-functions.ts";
import { answer, type EdgeParts } from "./journey.ts";
import { createCustomOrigins } from "./origins/custom-origin.ts";
import { reply, replyWithTunnel } from "./reply.ts";
import { readViewerRequest } from "./viewer.ts";

export interface EdgeOptions {
  /** Unique among the edges. */
  name: string;
  /** 0 selects a free port. `startEdge()` rejects with `EADDRINUSE` if the port is in use. */
  port: number;
  host: string;
  /** Returns the distribution to serve. Called for every request. */
  distribution(): Distribution;
  functionSource(arn: string): FunctionSource | undefined;
}

export interface Edge {
  name: string;
  url: string;
  /** Removes the stored objects whose path matches an invalidation pattern. */
  invalidate(pattern: string): void;
  /** Closes all connections, including those in use. */
  close(): Promise<void>;
}

/** Maximum size of the request line and headers together (CloudFront quota). */
const REQUEST_HEAD_MAX_BYTES = 32_768;
const VIEWER_KEEP_ALIVE_MS = 60_000;

export async function startEdge(cloud: Cloud, options: EdgeOptions): Promise<Edge> {
  const origins = createCustomOrigins({ port: (name) => cloud.listenerPorts.get(name) });
  const functions = createEdgeFunctions({
    source: options.functionSource,
    now: cloud.now,
    log: (line) => cloud.log(`${options.name}: ${line}`),
  });
  const cache = new EdgeCache();
  const parts: EdgeParts = { name: options.name, cloud, cache, functions, origins };
  const server = createServer({
    maxHeaderSize: REQUEST_HEAD_MAX_BYTES,
    keepAliveTimeout: VIEWER_KEEP_ALIVE_MS,
    requestTimeout: 0, // uploads have no time limit
    shouldUpgradeCallback: (message) => message.headers.upgrade?.toLowerCase() === "websocket",
  });
  server.on("request", (message, to) => void serve(parts, options, message, to));
  server.on("clientError", refuseBrokenRequest);
  const tunnels = serveUpgrades(server, parts, options);
  const port = await listen(server, options);
  return {
    name: options.name,
    url: `http://${options.host === "127.0.0.1" ? "localhost" : options.host}:${port}`,
    invalidate: (pattern) => cache.invalidate(pattern),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      for (const socket of tunnels) socket.destroy();
      await closed;
      await origins.close();
    },
  };
}

async function serve(
  parts: EdgeParts,
  options: EdgeOptions,
  message: IncomingMessage,
  to: ServerResponse,
): Promise<void> {
  const distribution = options.distribution();
  const request = readViewerRequest(message, false);
  const gone = new AbortController();
  to.on("close", () => {
    if (!to.writableFinished) gone.abort();
  });
  try {
    const response = await answer(parts, distribution, request, gone.signal);
    reply({ name: parts.name, domainName: distribution.domainName }, request, response, to);
  } catch (error) {
    if (!gone.signal.aborted) parts.cloud.log(`${parts.name}: ${String(error)}`);
    to.destroy();
  }
}

/** Serves WebSocket handshakes. Returns their open sockets, which Node's server no longer tracks. */
function serveUpgrades(server: Server, parts: EdgeParts, options: EdgeOptions): Set<Duplex> {
  const sockets = new Set<Duplex>();
  server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // An error without a listener would end the process. Writers to the socket get the error too.
    socket.on("error", () => socket.destroy());
    void serveUpgrade(parts, options, message, socket, head);
  });
  return sockets;
}

async function serveUpgrade(
  parts: EdgeParts,
  options: EdgeOptions,
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const distribution = options.distribution();
  const request = readViewerRequest(message, true);
  const gone = new AbortController();
  const abort = () => gone.abort();
  socket.once("close", abort);
  const edge = { name: parts.name, domainName: distribution.domainName };
  try {
    const response = await answer(parts, distribution, request, gone.signal);
    if (response.tunnel !== undefined) {
      socket.off("close", abort);
      return replyWithTunnel(edge, request, response, socket as Socket, head);
    }
    const to = new ServerResponse(message);
    to.shouldKeepAlive = false;
    to.assignSocket(socket as Socket);
    to.on("finish", () => socket.end());
    reply(edge, request, response, to);
  } catch (error) {
    if (!gone.signal.aborted) parts.cloud.log(`${parts.name}: ${String(error)}`);
    socket.destroy();
  }
}

/** Answers a malformed request: 494 for too large headers, as CloudFront does, and 400 otherwise. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === "HPE_HEADER_OVERFLOW" ? "494 Request Header Too Large" : "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nserver: CloudFront\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function listen(server: Server, { port, host }: EdgeOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
