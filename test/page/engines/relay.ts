import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Relay {
  port: number;
  close(): Promise<void>;
}

/** Relays connections to 127.0.0.1 byte for byte. Throws if this machine does not have the address. */
export async function startRelay(host: string, to: number): Promise<Relay> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const target = connect(to, "127.0.0.1");
    for (const one of [socket, target]) {
      open.add(one);
      one.on("close", () => open.delete(one));
      one.on("error", () => [socket, target].map((other) => other.destroy())); // browsers close connections at any time
    }
    socket.pipe(target).pipe(socket);
  }).listen(0, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
