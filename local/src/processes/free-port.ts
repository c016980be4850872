import { createServer } from "node:net";

/** Ports given lately: between the probe and the child's `listen` nobody holds them. */
const given = new Set<number>();
const KEEP = 256;

/** A port of 127.0.0.1 that nobody listens on and that was not given lately. */
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
