import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface JoinOptions {
  client: Duplex;
  upstream: Duplex;
  /** The target's 101: names and values in turn. */
  rawHeaders: Buffer[];
  idleTimeoutMs: number;
  /** Both sides are closed. */
  onEnd: () => void;
}

/** Tells the client that the protocols were switched, then carries bytes both ways until a side closes or both are idle. */
export function joinSockets({ client, upstream, rawHeaders, idleTimeoutMs, onEnd }: JoinOptions): void {
  let head = "HTTP/1.1 101 Switching Protocols\r\n";
  for (let i = 0; i < rawHeaders.length; i += 2) {
    head += `${rawHeaders[i]!.toString("latin1")}: ${rawHeaders[i + 1]!.toString("latin1")}\r\n`;
  }
  client.write(`${head}\r\n`, "latin1");

  // A frame that is relayed is activity on both sockets, so one timer is enough.
  (client as Socket).setTimeout(idleTimeoutMs, () => client.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
  // A reset by either side ends the tunnel: `close` follows every `error`.
  client.on("error", ignore).on("close", () => {
    upstream.destroy();
    onEnd();
  });
  upstream.on("error", ignore).on("close", () => client.destroy());
}

function ignore(): void {}
