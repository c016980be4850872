import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import aws4 from "aws4";

export const credentials = {
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "token",
};

/** The answer of the stub: a parameter's text, a status with a body, or a fault. */
export type Answer = string | { status: number; body: string } | "hang" | "reset" | "flood";

/** SSM's GetParameter on a real socket. A request with a wrong signature gets 403. */
export class SsmStub {
  answer: Answer = "";
  /** Names of the requested parameters, in order. */
  readonly asked: string[] = [];
  /** Number of connections that were opened. */
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #scheme: string;

  /** @param certificate for HTTPS on `localhost`; without it the stub speaks HTTP */
  constructor(certificate?: { key: string; cert: string }) {
    const listener: RequestListener = (request, response) => {
      void this.#body(request).then((body) => {
        const refusal = signatureFault(request, body);
        if (refusal !== undefined) return response.writeHead(403).end(refusal);
        this.asked.push(JSON.parse(body).Name);
        const { answer } = this;
        if (answer === "hang") return;
        if (answer === "reset") return request.socket.destroy();
        if (answer === "flood") return response.writeHead(200).end("x".repeat(1_000_000));
        if (typeof answer === "object") return response.writeHead(answer.status).end(answer.body);
        response
          .writeHead(200)
          .end(JSON.stringify({ Parameter: { Name: this.asked.at(-1), Value: answer } }));
      });
    };
    this.#scheme = certificate ? "https://localhost" : "http://127.0.0.1";
    this.#server = certificate ? createTlsServer(certificate, listener) : createServer(listener);
    this.#server.on("connection", (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** Starts listening; returns the endpoint's URL. */
  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `${this.#scheme}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Number of open connections. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Closes kept connections, as an idle timeout on the server side does. */
  async dropConnections(): Promise<void> {
    const closed = [...this.#sockets].map((socket) => once(socket, "close"));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async close(): Promise<void> {
    await this.dropConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #body(request: IncomingMessage): Promise<string> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    return body;
  }
}

/** Signs the received request itself and compares the signatures. Returns the difference, or `undefined`. */
function signatureFault(request: IncomingMessage, body: string): string | undefined {
  const { authorization = "", "x-amz-date": date } = request.headers;
  const signedNames = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(";") ?? [];
  const [, scopeDate, region, service] =
    /Credential=[^/]+\/(\d+)\/([^/]+)\/([^/]+)\//.exec(authorization) ?? [];
  if (request.headers["x-amz-target"] !== "AmazonSSM.GetParameter") return "UnknownOperationException";
  if (service !== "ssm" || !String(date).startsWith(scopeDate ?? "?")) return "the scope is wrong";
  if (request.headers["x-amz-security-token"] !== credentials.AWS_SESSION_TOKEN)
    return "the token is missing";
  const headers = Object.fromEntries(signedNames.map((name) => [name, request.headers[name] as string]));
  const expected = aws4.sign(
    { service, region, host: request.headers.host, method: "POST", path: "/", headers, body },
    { accessKeyId: credentials.AWS_ACCESS_KEY_ID, secretAccessKey: credentials.AWS_SECRET_ACCESS_KEY },
  );
  return expected.headers!.Authorization === authorization ? undefined : "SignatureDoesNotMatch";
}
