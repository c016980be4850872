import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { Balancer } from "./balancer.ts";
import { type Arrival, answeredHeaders, forwardedHeaders } from "./forwarded-headers.ts";
import { answerError } from "./own-answers.ts";
import type { InFlight, Target } from "./target.ts";
import type { TargetGroup } from "./target-group.ts";
import { joinSockets } from "./upgrade.ts";

export interface ExchangeOptions {
  balancer: Balancer;
  group: TargetGroup;
  target: Target;
  arrival: Arrival;
  /** Path and query as the client sent them. */
  url: string;
  request: IncomingMessage;
  response: ServerResponse;
  /** The client's socket, for a WebSocket handshake. The listener creates the response. */
  upgrade?: Duplex;
}

/** Status that an ALB counts when the client closes the connection before the response. */
const CLIENT_GONE = 460;

/**
 * Sends one request to a target and its response back. Both bodies are streamed with back-pressure. There is no retry.
 * A target that refuses or resets the connection or sends an invalid response causes a 502. A target that exceeds the
 * idle timeout causes a 504.
 *
 * The class is undici's handler itself, so a request needs no promise, no body stream and no abort controller.
 */
export class Exchange implements InFlight, Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #targetGroup: string;
  readonly #sentAt = performance.now();
  #controller: Dispatcher.DispatchController | undefined;
  #tunnel: Duplex | undefined;
  #answering = false;
  #bodyBegun = false;
  #ended = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#targetGroup = options.group.settings.dimension;
  }

  start(): void {
    const { balancer, target, request, response, arrival, url, upgrade } = this.#options;
    balancer.metrics.request(this.#targetGroup);
    target.begin(this);
    response.on("close", () => this.#onClientClosed());
    const { headers, hasBody } = forwardedHeaders(request, arrival, balancer);
    target.pool.dispatch(
      {
        method: request.method!,
        path: url,
        headers,
        body: hasBody ? request : null,
        upgrade: upgrade === undefined ? null : "websocket",
        headersTimeout: balancer.idleTimeoutMs,
        bodyTimeout: balancer.idleTimeoutMs,
      },
      this,
    );
  }

  cut(): void {
    this.#tunnel?.destroy();
    if (this.#controller === undefined)
      this.onResponseError(undefined, new Error("The load balancer closed."));
    else this.#controller.abort(new Error("The deregistration delay has ended."));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(new Error("The client closed its connection."));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText?: string,
  ): void {
    if (status < 200 || this.#ended) return; // informational responses such as 103 are not forwarded
    const { balancer, response } = this.#options;
    const seconds = (performance.now() - this.#sentAt) / 1000;
    balancer.metrics.targetResponse(this.#targetGroup, status, seconds);
    this.#answering = true;
    // undici's HTTP/1.1 parser always returns buffers, although its type for `rawHeaders` is wider.
    response.writeHead(status, statusText ?? "", answeredHeaders(controller.rawHeaders as Buffer[]));
    // Sends the headers now even without data (server-sent events), but in one packet with data that has already
    // arrived.
    queueMicrotask(() => {
      if (!this.#bodyBegun && !this.#ended) response.flushHeaders();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { response } = this.#options;
    this.#bodyBegun = true;
    if (response.write(chunk)) return;
    controller.pause();
    response.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    this.#end();
    this.#options.response.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#ended) return;
    this.#end();
    const { balancer, response } = this.#options;
    if (this.#answering) response.destroy();
    else if (response.destroyed) balancer.metrics.balancerResponse(CLIENT_GONE, false);
    else this.#refuse(statusOf(error));
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    upstream: Duplex,
  ): void {
    const { balancer, response, upgrade: client } = this.#options;
    if (client === undefined || this.#ended) {
      upstream.destroy();
      return;
    }
    balancer.metrics.targetResponse(this.#targetGroup, status, (performance.now() - this.#sentAt) / 1000);
    this.#answering = true;
    this.#tunnel = upstream;
    response.detachSocket(client as Socket);
    joinSockets({
      client,
      upstream,
      rawHeaders: controller.rawHeaders as Buffer[],
      idleTimeoutMs: balancer.idleTimeoutMs,
      onEnd: () => this.#end(),
    });
  }

  #onClientClosed(): void {
    if (this.#ended || this.#tunnel !== undefined) return;
    this.#end();
    if (!this.#answering) this.#options.balancer.metrics.balancerResponse(CLIENT_GONE, false);
    this.#controller?.abort(new Error("The client closed its connection."));
  }

  /** Responds with an error. An unread request body would block the connection, so the connection is closed then. */
  #refuse(status: 400 | 502 | 504): void {
    const { balancer, request, response } = this.#options;
    if (!request.complete) response.shouldKeepAlive = false;
    answerError(balancer, response, status);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.target.end(this);
  }
}

/** Returns 504 for a silent target, 400 for a request that cannot be sent, and 502 otherwise. */
function statusOf(error: Error): 400 | 502 | 504 {
  switch ((error as NodeJS.ErrnoException).code) {
    case "UND_ERR_HEADERS_TIMEOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return 504;
    case "UND_ERR_INVALID_ARG":
      return 400;
    default:
      return 502;
  }
}
