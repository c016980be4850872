import { Pool } from "undici";
import { type Health, UNUSED } from "./health.ts";

/** A request or an open WebSocket that passes through the load balancer. */
export interface InFlight {
  /** Ends the request now, because the time for draining is over or the load balancer closes. */
  cut(): void;
}

/** Timeout of an ALB's connection to a target: 10 s (user guide, "HTTP 504: Gateway timeout"). */
const CONNECT_TIMEOUT_MS = 10_000;
/** Maximum size of a target's response headers: 32 KB (ALB quota). Larger headers cause a 502. */
const RESPONSE_HEADERS_MAX_BYTES = 32 * 1024;
/** Idle connections to targets stay open for the default idle timeout of a load balancer. */
const IDLE_CONNECTION_MS = 60_000;

/** One address and port that a target group sends requests to. Two ports of one address are two targets. */
export class Target {
  readonly ip: string;
  readonly port: number;
  readonly inFlight = new Set<InFlight>();
  health: Health = UNUSED;
  /** Called when the last request in flight ends. */
  onIdle: (() => void) | undefined;
  #pool: Pool | undefined;

  constructor(ip: string, port: number) {
    this.ip = ip;
    this.port = port;
  }

  /** Keep-alive connections to this target, opened by the first request. */
  get pool(): Pool {
    this.#pool ??= new Pool(`http://${this.ip.includes(":") ? `[${this.ip}]` : this.ip}:${this.port}`, {
      pipelining: 1,
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxHeaderSize: RESPONSE_HEADERS_MAX_BYTES,
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MS,
      // An ALB ignores a target's `Keep-Alive: timeout=5`. A large negative margin makes undici ignore it too, so that
      // a target which closes idle connections too early causes the same errors here as on AWS.
      keepAliveTimeoutThreshold: -86_400_000,
    });
    return this.#pool;
  }

  begin(exchange: InFlight): void {
    this.inFlight.add(exchange);
  }

  end(exchange: InFlight): void {
    if (this.inFlight.delete(exchange) && this.inFlight.size === 0) this.onIdle?.();
  }

  /** Ends requests in flight and closes all connections. */
  async destroy(): Promise<void> {
    for (const exchange of [...this.inFlight]) exchange.cut();
    await this.#pool?.destroy();
  }
}

export function targetKey(ip: string, port: number): string {
  return `${ip} ${port}`;
}
