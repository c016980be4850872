import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, interceptors } from "undici";

/** A shared HTTP cache (RFC 9111) in front of a distribution, such as a company's proxy or another CDN. */
export interface SharedCache {
  url: string;
  /** Number of requests answered from the cache. */
  readonly hits: number;
  close(): Promise<void>;
}

/** @param origin address of the distribution */
export async function startSharedCache(origin: string): Promise<SharedCache> {
  const agent = new Agent().compose(interceptors.cache({ type: "shared" }));
  const { host } = new URL(origin);
  let hits = 0;
  const server = createServer((request, response) => {
    const { method = "GET", url: path = "/", headers } = request;
    const hasBody = method !== "GET" && method !== "HEAD";
    agent
      .request({
        origin,
        path,
        method,
        headers: { ...headers, host, connection: undefined },
        body: hasBody ? request : null,
      })
      .then(({ statusCode, headers: answered, body }) => {
        if (answered.age !== undefined) hits++;
        const { connection: _connection, "keep-alive": _keepAlive, ...kept } = answered;
        response.writeHead(statusCode, kept);
        body.pipe(response);
        body.on("error", () => response.destroy());
      })
      .catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    get hits() {
      return hits;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await agent.destroy();
    },
  };
}
