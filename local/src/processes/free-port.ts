import { createServer } from "node:net";

/**
 * Recently returned ports. Until the child process listens on its port, the port looks free, so it is not returned
 * again.
 */
const given = new Set<number>();
const KEEP = 256;

/** Returns a port of 127.0.0.1 that is free and was not returned recently. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await probe();
    if (given.has(port)) continue;
    given.add(port);
    if (given.size > KEEP) given.delete(given.values().next().value!);
    return port;
  }
}

function probe(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
