import type { Middleware } from "koa";
import { emfLine } from "./emf.ts";
import { type Counts, type HeldSocket, OpenConnections } from "./open-connections.ts";

/** How often the counts are told: CloudWatch's own grain. */
const TELL_EVERY_MS = 60_000;

export interface LockstepOptions {
  /** Which version this process is. Default: `LOCKSTEP_VERSION` of its environment, which the version stack sets. */
  version?: string;
  /** Name of the app, a dimension of the metrics. Default: `LOCKSTEP_APP` of its environment; left out without it. */
  app?: string;
  /** Takes a line of metrics (see emf.ts). Default: standard output, which ECS brings to CloudWatch Logs. */
  write?: (line: string) => void;
  /** Default 60,000. */
  tellEveryMs?: number;
}

/** The middleware, and what a WebSocket server and a shutdown need of it. */
export interface Lockstep extends Middleware {
  /** Counts a WebSocket while it is open, and lets `reconnectPlease()` reach it. */
  hold(socket: HeldSocket): void;
  /**
   * Asks every open WebSocket (close code 1012) and every stream of server-sent events (event `lockstep-reconnect`, then its end)
   * to come back: when this process is told to stop, or its version is about to end. Requests in flight are not touched.
   */
  reconnectPlease(): void;
  /** The headers that every answer carries, for those that Koa does not write: a WebSocket handshake. */
  headersFor(requestHeaders: RequestHeaders): Record<string, string>;
  /** The process ends: tells zeros if it told anything else, and no more. */
  stop(): void;
}

/** The viewer's protocol, written by CloudFront. What the load balancer calls x-forwarded-proto is CloudFront's own protocol to it. */
const VIEWER_PROTOCOL = "cloudfront-forwarded-proto";

type RequestHeaders = Record<string, string | string[] | undefined>;

/** What `route` writes into request headers and the answer carries back to the page. */
const ECHOED = ["x-lockstep-outcome", "x-lockstep-current", "x-lockstep-explain"] as const;

/**
 * Koa middleware, to be used first. Says who answered (`x-lockstep-served`, from the process's own environment, so it is a proof
 * and not an echo), passes on what the edge decided, and counts what is open: a page that only keeps a WebSocket or an
 * event stream makes no requests, and its version would look idle. It also puts the viewer's protocol into
 * `x-forwarded-proto`, so that with `app.proxy = true` Koa knows when a request came by HTTPS (`ctx.secure`, secure cookies); the
 * viewer's host is in `x-forwarded-host` already. A service works without it too; its pages then learn of news by the status
 * check alone.
 *
 *     const page = lockstep();
 *     app.use(page);
 *     sockets.on("connection", (socket) => page.hold(socket));
 *     process.once("SIGTERM", () => { page.reconnectPlease(); server.close(); });
 */
export function lockstep(options: LockstepOptions = {}): Lockstep {
  const version = options.version ?? process.env.LOCKSTEP_VERSION ?? "unversioned";
  const { app = process.env.LOCKSTEP_APP, write = (line) => process.stdout.write(`${line}\n`) } = options;
  const connections = new OpenConnections();
  const tell = (counts: Counts | undefined): void => {
    if (counts) write(emfLine({ version, app, counts, at: Date.now() }));
  };
  const telling = setInterval(() => tell(connections.news()), options.tellEveryMs ?? TELL_EVERY_MS).unref();
  const headersFor = (requestHeaders: RequestHeaders): Record<string, string> => {
    const headers: Record<string, string> = { "x-lockstep-served": version };
    for (const name of ECHOED) {
      const value = requestHeaders[name];
      if (typeof value === "string") headers[name] = value;
    }
    return headers;
  };
  const middleware: Middleware = async (ctx, next) => {
    const protocol = ctx.headers[VIEWER_PROTOCOL];
    if (protocol === "https" || protocol === "http") ctx.headers["x-forwarded-proto"] = protocol;
    ctx.set(headersFor(ctx.headers));
    const exchange = connections.begin(ctx.res);
    await next();
    if (ctx.response.is("text/event-stream")) exchange.isEvents();
  };
  return Object.assign(middleware, {
    hold: (socket: HeldSocket) => connections.hold(socket),
    reconnectPlease: () => connections.reconnectPlease(),
    headersFor,
    stop() {
      clearInterval(telling);
      tell(connections.lastNews());
    },
  });
}
