import { PassThrough } from "node:stream";
import type { Middleware } from "koa";

const TICK_MS = 1000;
/**
 * CloudFront closes a stream that is silent for 60 s (its origin read timeout). A comment line keeps the stream open.
 */
const HEARTBEAT_MS = 15_000;

/**
 * Sends the time once a second as server-sent events, until the client disconnects or the middleware ends the response.
 */
export const ticker: Middleware = (ctx) => {
  const stream = new PassThrough();
  let ticks = 0;
  const tick = (): void => {
    stream.write(
      `id: ${++ticks}\ndata: ${JSON.stringify({ at: new Date().toISOString(), tick: ticks })}\n\n`,
    );
  };
  const ticking = setInterval(tick, TICK_MS);
  const beating = setInterval(() => stream.write(": heartbeat\n\n"), HEARTBEAT_MS);
  const stop = (): void => {
    clearInterval(ticking);
    clearInterval(beating);
    stream.end();
  };
  ctx.res.once("close", stop);
  ctx.set("cache-control", "no-store, no-transform");
  ctx.type = "text/event-stream";
  ctx.body = stream;
  stream.write("retry: 1000\n\n"); // sends headers and first bytes immediately
  tick();
};
