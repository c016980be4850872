import { PassThrough } from "node:stream";
import type { Middleware } from "koa";

const TICK_MS = 1000;
/** A stream that says nothing for 30 s is cut by CloudFront (origin read time-out); a comment line keeps it open. */
const HEARTBEAT_MS = 15_000;

/** Server-sent events: the time once a second. Ends when the client goes, or when `lockstep` ends the answer. */
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
  stream.write("retry: 1000\n\n"); // headers and the first bytes leave at once
  tick();
};
