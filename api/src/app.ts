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
  /** The middleware, made by who also holds the WebSockets. */
  lockstep: Lockstep;
}

/** Fixed when the bundle is built (api/build.ts): the other contract is not even in the file. */
const contract = process.env.DEMO_CONTRACT === "2" ? contractTwo : contractOne;

/** The API that ships with Lockstep. Yours to replace; keep the health check and, if you like, the middleware. */
export function createApp({ version, log, lockstep }: AppOptions): Koa {
  const app = new Koa();
  app.proxy = true; // the load balancer and CloudFront stand in front: believe X-Forwarded-*
  app.maxIpsCount = 2; // they add the last two addresses; what stands before them is the viewer's own claim
  app.on("error", (error: Error & { expose?: boolean }) => {
    const left = (error as NodeJS.ErrnoException).code === "ERR_STREAM_PREMATURE_CLOSE"; // a stream's reader went away
    if (error.expose !== true && !left) log.error({ err: error }, "request failed");
  });
  app.use(lockstep);
  app.use(errorsAsProblems);
  app.use(noStore);

  const router = new Router({ prefix: "/api" });
  router.get("/health", (ctx) => {
    ctx.body = { status: "ok", version };
  });
  router.get("/ticker", ticker);
  // A body of any size goes back as it comes, byte for byte: the test that nothing on the way buffers or changes it.
  router.post("/echo", (ctx) => {
    ctx.type = ctx.get("content-type") || "application/octet-stream";
    ctx.body = ctx.req;
  });
  contract.mount(router);
  app.use(router.routes()).use(router.allowedMethods());
  return app;
}

/** A 4xx message is for the client; a 5xx is for the log only. */
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

/** Answers of an API belong to one page and one moment. */
const noStore: Koa.Middleware = async (ctx, next) => {
  ctx.set("cache-control", "no-store");
  await next();
};
