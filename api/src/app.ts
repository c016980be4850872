import Router from "@koa/router";
import Koa from "koa";
import type { Logger } from "pino";
import * as contractOne from "./contracts/one.ts";
import * as contractTwo from "./contracts/two.ts";
import type { Lockstep } from "./lockstep.ts";
import { refuse } from "./refuse.ts";
import { ticker } from "./ticker.ts";

export interface AppOptions {
  version: string;
  log: Logger;
  /** The middleware. The caller creates it, because it also counts the caller's WebSockets. */
  lockstep: Lockstep;
}

/** Decided by the build (api/build.ts), which drops the other contract. */
const contract = process.env.DEMO_CONTRACT === "2" ? contractTwo : contractOne;

/** Creates the API that ships with Lockstep. A replacement needs a health check; the middleware is optional. */
export function createApp({ version, log, lockstep }: AppOptions): Koa {
  const app = new Koa();
  app.proxy = true; // trust X-Forwarded-*, because CloudFront and the load balancer are in front
  app.maxIpsCount = 2; // CloudFront and the load balancer add the last two addresses; the viewer can forge the others
  app.on("error", (error: Error & { expose?: boolean }) => {
    const isDisconnect = (error as NodeJS.ErrnoException).code === "ERR_STREAM_PREMATURE_CLOSE"; // the client closed a stream
    if (error.expose !== true && !isDisconnect) log.error({ err: error }, "request failed");
  });
  app.use(lockstep);
  app.use(errorsAsProblems);
  app.use(noStore);

  const router = new Router({ prefix: "/api" });
  router.get("/health", (ctx) => {
    ctx.body = { status: "ok", version };
  });
  router.get("/ticker", ticker);
  // Streams a body of any size back. Tests use this route to check that nothing on the way buffers or changes the body.
  router.post("/echo", (ctx) => {
    ctx.type = ctx.get("content-type") || "application/octet-stream";
    ctx.body = ctx.req;
  });
  contract.mount(router);
  app.use(router.routes()).use(router.allowedMethods());
  return app;
}

/** Sends the message of a 4xx error to the client. The message of a 5xx error goes only to the log. */
const errorsAsProblems: Koa.Middleware = async (ctx, next) => {
  try {
    await next();
    if (ctx.status === 404 && ctx.body == null)
      refuse(404, `There is no ${ctx.method} ${ctx.path} in this version.`);
  } catch (cause) {
    const error = cause as Error & { status?: number; expose?: boolean };
    const status = error.status ?? 500;
    ctx.status = status;
    ctx.type = "application/problem+json";
    ctx.body = JSON.stringify({
      type: "about:blank",
      status,
      title: error.expose ? error.message : "Internal error",
    });
    if (status >= 500) ctx.app.emit("error", error, ctx);
  }
};

/** Keeps caches from storing API responses. */
const noStore: Koa.Middleware = async (ctx, next) => {
  ctx.set("cache-control", "no-store");
  await next();
};
