import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Stage } from "../stage.ts";

const STORED_SECONDS = 600;

/** A server with another origin, like a bucket with presigned URLs: allows CORS for all origins, but no preflight. */
export interface Elsewhere {
  url: string;
  /** Paths and queries of the requests, oldest first. */
  seen: string[];
  close(): Promise<void>;
}

export async function startElsewhere(): Promise<Elsewhere> {
  const seen: string[] = [];
  const server: Server = createServer((request, response) => {
    seen.push(request.url!);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("cache-control", "no-store");
    response.statusCode = request.method === "OPTIONS" ? 403 : 200;
    response.end(JSON.stringify({ served: "elsewhere" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Adds paths below `/api/kinds/` to the stage's API: `redirect?status=303&to=/api/page`, `stored` (max-age) and
 * `revalidated` (the same ETag in every version). The last two return the version that answered.
 */
export function addKinds({ api, world }: Stage): void {
  world.origin.handler = (request, response) => {
    const url = new URL(request.url!, "http://api");
    const kind = /^\/api\/kinds\/(\w+)$/.exec(url.pathname)?.[1];
    if (kind === undefined) return api.handle(request, response);
    const version = request.headers.host!.split(".")[0]!;
    api.seen.push({
      version,
      method: request.method!,
      url: request.url!,
      body: "",
      headers: request.headers,
    });
    request.resume();
    answer(kind, version, url, request, response);
  };
}

function answer(kind: string, version: string, url: URL, request: IncomingMessage, response: ServerResponse) {
  if (kind === "redirect") {
    response.writeHead(Number(url.searchParams.get("status")), { location: url.searchParams.get("to")! });
    response.end();
    return;
  }
  response.setHeader("content-type", "application/json");
  if (kind === "stored") response.setHeader("cache-control", `private, max-age=${STORED_SECONDS}`);
  if (kind === "revalidated") {
    response.setHeader("cache-control", "no-cache");
    response.setHeader("etag", '"rev-42"');
    response.statusCode = request.headers["if-none-match"] === '"rev-42"' ? 304 : 200;
  }
  response.end(response.statusCode === 304 ? undefined : JSON.stringify({ served: version }));
}
