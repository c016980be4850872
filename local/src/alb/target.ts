import { Pool } from "undici";
import { type Health, UNUSED } from "./health.ts";

/** A request or an open WebSocket on its way through the load balancer. */
export interface InFlight {
  /** Ends it now: the time for draining is over, or the load balancer goes. */
  cut(): void;
}

/** The ALB gives up connecting to a target after 10 s (user guide, "HTTP 504: Gateway timeout"). */
const CONNECT_TIMEOUT_MS = 10_000;
/** Response headers of a target may take 32 KB (ALB quota); more is a 502. */
const RESPONSE_HEADERS_MAX_BYTES = 32 * 1024;
/** Idle connections to targets live as long as the default idle time-out of a load balancer. */
const IDLE_CONNECTION_MS = 60_000;

/** One address and port that a target group sends requests to. Two ports of one address are two targets. */
export class Target {
  readonly ip: string;
  readonly port: number;
  readonly inFlight = new Set<InFlight>();
  health: Health = UNUSED;
  /** Called when the last request in flight is done. */
  onIdle: (() => void) | undefined;
  #pool: Pool | undefined;

  constructor(ip: string, port: number) {
    this.ip = ip;
    this.port = port;
  }

  /** Keep-alive connections to this target; opened by the first request. */
  get pool(): Pool {
    this.#pool ??= new Pool(`http://${this.ip.includes(":") ? `[${this.ip}]` : this.ip}:${this.port}`, {
      pipelining: 1,
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxHeaderSize: RESPONSE_HEADERS_MAX_BYTES,
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MS,
      // An ALB does not read a target's `Keep-Alive: timeout=5`. A large negative margin makes undici ignore it too,
      // so that a target which closes idle connections too early shows here as it would on AWS.
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

  /** Cuts what is in flight and closes all connections. */
  async destroy(): Promise<void> {
    for (const exchange of [...this.inFlight]) exchange.cut();
    await this.#pool?.destroy();
  }
}

export function targetKey(ip: string, port: number): string {
  return `${ip} ${port}`;
}
