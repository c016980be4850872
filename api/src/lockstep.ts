import {
  APP_ENVIRONMENT,
  CURRENT_HEADER,
  EXPLAIN_HEADER,
  OUTCOME_HEADER,
  SERVED_HEADER,
  VERSION_ENVIRONMENT,
  VIEWER_PROTOCOL_HEADER,
} from "@lockstep/edge/names";
import type { Middleware } from "koa";
import { emfLine } from "./emf.ts";
import { type Counts, type HeldSocket, OpenConnections } from "./open-connections.ts";

/** Default interval of reports: the resolution of CloudWatch's metrics. */
const REPORT_EVERY_MS = 60_000;

export interface LockstepOptions {
  /** Version of this process. Default: the environment variable `LOCKSTEP_VERSION`, which the version's stack sets. */
  version?: string;
  /**
   * Name of the app, a dimension of the metrics. Default: the environment variable `LOCKSTEP_APP`. Without either, the
   * metrics have no such dimension.
   */
  app?: string;
  /**
   * Writes one line of metrics in CloudWatch's embedded metric format, without a line break. Default: writes it to
   * standard output, which ECS sends to CloudWatch Logs.
   */
  write?: (line: string) => void;
  /** Interval of reports in milliseconds. Default: 60,000. */
  tellEveryMs?: number;
}

/** The middleware, with methods for a WebSocket server and for shutdown. */
export interface Lockstep extends Middleware {
  /** Counts a WebSocket until it closes. `reconnectPlease()` closes it. */
  hold(socket: HeldSocket): void;
  /**
   * Asks clients to reconnect: closes every WebSocket with code 1012, and ends every stream of server-sent events after
   * an event `lockstep-reconnect`. Does not affect requests in flight. Call it when the process gets SIGTERM.
   */
  reconnectPlease(): void;
  /**
   * Returns the headers that every response needs. Use it for responses that Koa does not write, such as a WebSocket
   * handshake.
   */
  headersFor(requestHeaders: RequestHeaders): Record<string, string>;
  /** Stops the reports. If something was open at the last report, writes a final report with zeros. */
  stop(): void;
}

/**
 * Request header with the viewer's protocol, from CloudFront. `x-forwarded-proto` has only the protocol between
 * CloudFront and the load balancer.
 */
const VIEWER_PROTOCOL = VIEWER_PROTOCOL_HEADER.toLowerCase();

type RequestHeaders = Record<string, string | string[] | undefined>;

/** Request headers that the edge sets, and that responses return to the page. */
const ECHOED = [OUTCOME_HEADER, CURRENT_HEADER, EXPLAIN_HEADER] as const;

/**
 * Creates Koa middleware. Use it before all other middleware. A service works without it, but its pages then find out
 * about a new version only by the status check.
 *
 * - Sets `x-lockstep-served` to the version of this process. The value comes from the environment, not from the
 *   request, so it proves which version answered.
 * - Returns the edge's decision to the page (`x-lockstep-outcome`, `x-lockstep-current`, `x-lockstep-explain`).
 * - Reports the number of open connections, because a page that only holds a WebSocket or an event stream makes no
 *   requests and its version would count as idle.
 * - Sets `x-forwarded-proto` to the viewer's protocol, so that with `app.proxy = true` Koa recognizes HTTPS
 *   (`ctx.secure`, secure cookies). The edge already sets `x-forwarded-host`.
 *
 *     const page = lockstep();
 *     app.use(page);
 *     sockets.on("connection", (socket) => page.hold(socket));
 *     process.once("SIGTERM", () => { page.reconnectPlease(); server.close(); });
 */
export function lockstep(options: LockstepOptions = {}): Lockstep {
  const version = options.version ?? process.env[VERSION_ENVIRONMENT] ?? "unversioned";
  const { app = process.env[APP_ENVIRONMENT], write = (line) => process.stdout.write(`${line}\n`) } = options;
  const connections = new OpenConnections();
  const report = (counts: Counts | undefined): void => {
    if (counts) write(emfLine({ version, app, counts, at: Date.now() }));
  };
  const reporting = setInterval(
    () => report(connections.report()),
    options.tellEveryMs ?? REPORT_EVERY_MS,
  ).unref();
  const headersFor = (requestHeaders: RequestHeaders): Record<string, string> => {
    const headers: Record<string, string> = { [SERVED_HEADER]: version };
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
      clearInterval(reporting);
      report(connections.lastReport());
    },
  });
}
