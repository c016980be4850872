import type { ServerResponse } from "node:http";

/** WebSocket close code "service restart" (IANA registry): the client comes back. */
const RECONNECT_CODE = 1012;
const RECONNECT_EVENT = "event: lockstep-reconnect\ndata: {}\n\n";

/** As far as it is used here: a socket of the package `ws`, or one that is like it. */
export interface HeldSocket {
  close(code: number, reason: string): void;
  once(event: "close", listener: () => void): unknown;
}

export interface Counts {
  /** WebSockets and streams of server-sent events. */
  openConnections: number;
  /** Requests that are being answered at this moment, streams of events not among them. */
  inFlight: number;
}

/** What is open between one process and its clients. */
export class OpenConnections {
  readonly #sockets = new Set<HeldSocket>();
  readonly #events = new Set<ServerResponse>();
  #inFlight = 0;
  /** A process begins with a zero: what the one before it held, when that died without a word, is gone. */
  #toldSome = true;

  /** An exchange that ends when its response closes, however. Call `isEvents()` once its body turns out to be events. */
  begin(response: ServerResponse): { isEvents(): void } {
    this.#inFlight++;
    response.once("close", () => {
      if (!this.#events.delete(response)) this.#inFlight--;
    });
    return {
      isEvents: () => {
        if (response.closed || this.#events.has(response)) return;
        this.#events.add(response);
        this.#inFlight--;
      },
    };
  }

  hold(socket: HeldSocket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  reconnectPlease(): void {
    for (const socket of this.#sockets) socket.close(RECONNECT_CODE, "reconnect");
    for (const response of this.#events) response.end(RECONNECT_EVENT);
  }

  /** The counts, when they are worth a line: something is open, or has been when they were last told. */
  news(): Counts | undefined {
    const counts = { openConnections: this.#sockets.size + this.#events.size, inFlight: this.#inFlight };
    const some = counts.openConnections + counts.inFlight > 0;
    if (!some && !this.#toldSome) return undefined;
    this.#toldSome = some;
    return counts;
  }

  /** Zeros, when the last counts were others: the process ends, and what was open with it. */
  lastNews(): Counts | undefined {
    return this.#toldSome ? { openConnections: 0, inFlight: 0 } : undefined;
  }
}
