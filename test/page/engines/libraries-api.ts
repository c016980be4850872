import { createServer, type IncomingMessage } from "node:http";
import { Server as SocketIo } from "socket.io";
import { createServer as createSockJs } from "sockjs";
import type { Stage } from "../stage.ts";

/**
 * Adds the services that libraries need: GraphQL, HTML fragments, and a Socket.IO and a SockJS server for each version.
 */
export function addLibraryServices({ api, world }: Stage, versions: readonly string[]): { close(): void } {
  const services = new Map(versions.map((version) => [version, createServices(version)]));
  const { origin } = world;
  const serviceOf = (request: IncomingMessage) =>
    /^\/api\/(socket\.io|sockjs)\//.test(request.url!) ? services.get(versionOf(request)) : undefined;
  origin.handler = (request, response) => {
    const service = serviceOf(request);
    if (service) return void service.http.emit("request", request, response);
    const { pathname, searchParams } = new URL(request.url!, "http://api");
    const version = versionOf(request);
    if (pathname === "/api/graphql") {
      request.resume();
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ data: { served: version } }));
    } else if (pathname === "/api/frame") {
      request.resume();
      const by = request.method === "POST" ? "form" : searchParams.get("by");
      response.setHeader("content-type", "text/html");
      response.end(`<turbo-frame id="frame"><p data-by="${by}" data-served="${version}"></p><a href="/api/frame?by=link">Link</a>
        <form method="post" action="/api/frame"><button>Send</button></form></turbo-frame>`);
    } else api.handle(request, response);
  };
  origin.server.removeAllListeners("upgrade");
  origin.server.on("upgrade", (request, socket, head) => {
    const service = serviceOf(request);
    if (service) service.http.emit("upgrade", request, socket, head);
    else api.upgrade(request, socket, head);
  });
  return {
    close() {
      for (const { io } of services.values()) void io.close();
    },
  };
}

/** Creates servers that do not listen. The stage's origin passes requests to them. */
function createServices(version: string) {
  const http = createServer();
  const io = new SocketIo(http, { path: "/api/socket.io/", serveClient: false });
  io.on("connection", (socket) => {
    socket.on("who", (_question, answer) => answer(version));
  });
  const sockets = createSockJs({ log: () => {} });
  sockets.on("connection", (connection) => {
    connection.on("data", (echo: string) => connection.write(JSON.stringify({ served: version, echo })));
  });
  sockets.installHandlers(http, { prefix: "/api/sockjs" });
  return { http, io };
}

function versionOf(request: IncomingMessage): string {
  return request.headers.host!.split(".")[0]!;
}
