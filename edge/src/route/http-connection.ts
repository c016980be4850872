import type { Socket } from "node:net";
import { type HttpAnswer, parseHttpAnswer } from "./http-answer.ts";

/** The connection ended before the answer did. On one that was kept, nothing is wrong: a new one does. */
export class ConnectionLost extends Error {}

/** HTTP/1.1 over a connection that is kept alive: one request at a time. */
export class HttpConnection {
  readonly #socket: Socket;
  #received = "";
  #pending: { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void } | undefined;

  /** @param socket open or opening, and nobody else's */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#take(bytes.toString("latin1")));
    socket.on("error", (error) => this.close(new ConnectionLost(error.message, { cause: error })));
    socket.on("close", () => this.close(new ConnectionLost("the connection was closed")));
  }

  get isOpen(): boolean {
    return this.#socket.writable;
  }

  /** Sends a request, and reads its answer. Rejects with `ConnectionLost`, with what the answer lacks, or as `close` says. */
  exchange(request: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#received = "";
      this.#socket.ref();
      this.#socket.write(request);
    });
  }

  close(why: Error): void {
    this.#socket.destroy();
    this.#pending?.reject(why);
    this.#pending = undefined;
  }

  #take(text: string): void {
    // What nobody asked for would be taken for the answer to the next request.
    if (this.#pending === undefined) return void this.#socket.destroy();
    this.#received += text;
    try {
      const answer = parseHttpAnswer(this.#received);
      if (answer === undefined) return;
      this.#pending.resolve(answer);
      this.#pending = undefined;
      if (answer.keepsAlive) this.#socket.unref();
      else this.#socket.destroy();
    } catch (error) {
      this.close(error as Error);
    }
  }
}
