import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A server with another origin: a bucket, a login, a service of another team. */
export interface OtherSite {
  url: string;
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1, which is also another site than localhost. */
export async function startOtherSite(handler: RequestListener): Promise<OtherSite> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
