import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** A DNS server that knows one address for every name: what Lambda's own resolver is to a function there. */
export class DnsStub {
  /** Names that were asked for, in order. */
  readonly asked: string[] = [];
  /** Answers "no such name" (NXDOMAIN) instead. */
  knowsNothing = false;
  readonly #socket: Socket = createSocket("udp4");

  constructor() {
    this.#socket.on("message", (query, from) =>
      this.#socket.send(this.#answer(query), from.port, from.address),
    );
  }

  /** Starts listening; its address, as `dns.setServers` takes it. */
  async start(): Promise<string> {
    this.#socket.bind(0, "127.0.0.1");
    await once(this.#socket, "listening");
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }

  /** RFC 1035: the header with its counts, the question as it came, and one A record that points back to its name. */
  #answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += query[at]! + 1)
      labels.push(query.toString("latin1", at + 1, at + 1 + query[at]!));
    this.asked.push(labels.join("."));
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(this.knowsNothing ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(this.knowsNothing ? 0 : 1, 6);
    header.writeUInt32BE(0, 8);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    return Buffer.concat([header, query.subarray(12, at + 5), this.knowsNothing ? Buffer.alloc(0) : record]);
  }
}
