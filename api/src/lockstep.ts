import type { Middleware } from "koa";

export interface LockstepOptions {
  /** Which version this process is. Default: `LOCKSTEP_VERSION` of its environment, which the version stack sets. */
  version?: string;
}

/** What `route` tells the API in request headers and the page wants to hear back: an answer carries news, at no extra request. */
const ECHOED = ["x-lockstep-outcome", "x-lockstep-current", "x-lockstep-explain"] as const;

/**
 * Koa middleware: says who answered (`x-lockstep-served`, from the process's own environment, so it is a proof and not an
 * echo) and passes on what the edge decided. Without it an API works too; its pages then hear of news by the status
 * check alone.
 */
export function lockstep(options: LockstepOptions = {}): Middleware {
  const version = options.version ?? process.env.LOCKSTEP_VERSION ?? "unversioned";
  return async (ctx, next) => {
    for (const [name, value] of Object.entries(servedHeaders(ctx.headers, version))) ctx.set(name, value);
    await next();
  };
}

/** The same headers for answers that Koa does not write: a WebSocket handshake. */
export function servedHeaders(
  requestHeaders: Record<string, string | string[] | undefined>,
  version: string,
): Record<string, string> {
  const headers: Record<string, string> = { "x-lockstep-served": version };
  for (const name of ECHOED) {
    const value = requestHeaders[name];
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}
