import type { ServerResponse } from "node:http";
import { RECONNECT_CODE, RECONNECT_EVENT } from "@lockstep/edge/names";

/** The members of a `ws` WebSocket that are used here. */
export interface HeldSocket {
  close(code: number, reason: string): void;
  once(event: "close", listener: () => void): unknown;
}

export interface Counts {
  /** WebSockets and streams of server-sent events. */
  openConnections: number;
  /** Requests in flight, without streams of server-sent events. */
  inFlight: number;
}

/** Tracks the connections and requests of one process. */
export class OpenConnections {
  readonly #sockets = new Set<HeldSocket>();
  readonly #events = new Set<ServerResponse>();
  #inFlight = 0;
  /**
   * Starts as true, so that a new process reports zeros first: the previous process may have been killed with open
   * connections.
   */
  #reportedOpen = true;

  /**
   * Counts a request until its response closes. Call `isEvents()` if the response is a stream of server-sent events.
   */
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
    for (const response of this.#events) response.end(`event: ${RECONNECT_EVENT}\ndata: {}\n\n`);
  }

  /** Returns the counts if something is open now or was open at the last report, else `undefined`. */
  report(): Counts | undefined {
    const counts = { openConnections: this.#sockets.size + this.#events.size, inFlight: this.#inFlight };
    const isOpen = counts.openConnections + counts.inFlight > 0;
    if (!isOpen && !this.#reportedOpen) return undefined;
    this.#reportedOpen = isOpen;
    return counts;
  }

  /** Returns zeros if something was open at the last report, else `undefined`. Call it when the process ends. */
  lastReport(): Counts | undefined {
    return this.#reportedOpen ? { openConnections: 0, inFlight: 0 } : undefined;
  }
}
