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
  /** Path and query as the client wrote them. */
  url: string;
  request: IncomingMessage;
  response: ServerResponse;
  /** Set for a WebSocket handshake: the client's socket, whose response was made by hand. */
  upgrade?: Duplex;
}

/** The client went away before it was answered: an ALB logs and counts it as 460. */
const CLIENT_GONE = 460;

/**
 * One request on its way to a target and back. Both bodies are streamed with back-pressure. It is sent once: a target
 * that refuses, resets or answers nonsense is a 502, one that stays silent past the idle time-out a 504.
 *
 * It is undici's handler itself, so a request costs no promise, no body stream and no abort controller.
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
    else this.#controller.abort(new Error("The deregistration delay is over."));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(new Error("The client is gone."));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText?: string,
  ): void {
    if (status < 200 || this.#ended) return; // 103 and its like are not passed on
    const { balancer, response } = this.#options;
    const seconds = (performance.now() - this.#sentAt) / 1000;
    balancer.metrics.targetResponse(this.#targetGroup, status, seconds);
    this.#answering = true;
    // The type of a flat list of names and values is wider than what undici's HTTP/1.1 parser gives: buffers.
    response.writeHead(status, statusText ?? "", answeredHeaders(controller.rawHeaders as Buffer[]));
    // Headers go out now even when no data follows (server-sent events), but with the data in one packet when it is here.
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

  /** The rest of a request body that nobody reads any more would block the connection: it is closed. */
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

/** A silent target is a 504, one that refuses, resets or answers nonsense a 502; what cannot be sent at all is a 400. */
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
