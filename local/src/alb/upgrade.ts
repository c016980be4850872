import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface JoinOptions {
  client: Duplex;
  upstream: Duplex;
  /** The target's 101 response: alternating names and values. */
  rawHeaders: Buffer[];
  idleTimeoutMs: number;
  /** Called when both sides are closed. */
  onEnd: () => void;
}

/** Sends the 101 response to the client, then transfers bytes both ways until one side closes or both are idle. */
export function joinSockets({ client, upstream, rawHeaders, idleTimeoutMs, onEnd }: JoinOptions): void {
  let head = "HTTP/1.1 101 Switching Protocols\r\n";
  for (let i = 0; i < rawHeaders.length; i += 2) {
    head += `${rawHeaders[i]!.toString("latin1")}: ${rawHeaders[i + 1]!.toString("latin1")}\r\n`;
  }
  client.write(`${head}\r\n`, "latin1");

  // A transferred frame is activity on both sockets, so one timer is enough.
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
