import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import Koa from "koa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Lockstep, lockstep } from "../src/lockstep.ts";

// Tests the middleware in a small app without the shipped API.
const VERSION = "20261122-101500-1f3a9c2";
let page: Lockstep;
let server: Server;
let origin: string;
let lines: Record<string, any>[];
let written: EventEmitter;

beforeEach(async () => {
  lines = [];
  written = new EventEmitter();
  page = lockstep({
    version: VERSION,
    app: "shop",
    tellEveryMs: 5,
    write: (line) => {
      lines.push(JSON.parse(line));
      written.emit("line");
    },
  });
  const app = new Koa();
  app.silent = true;
  app.use(page);
  app.proxy = true;
  app.use((ctx) => {
    if (ctx.path === "/login") {
      ctx.redirect(`${ctx.protocol}://${ctx.host}/viewer`);
      return;
    }
    if (ctx.path === "/viewer") {
      if (ctx.querystring !== "bare") ctx.cookies.set("sid", "1", { secure: true });
      ctx.body = { origin: `${ctx.protocol}://${ctx.host}`, host: ctx.host, secure: ctx.secure };
      return;
    }
    if (ctx.path === "/fail") throw new Error("no");
    if (ctx.path === "/events") {
      const events = new PassThrough();
      events.write("data: 1\n\n");
      ctx.type = "text/event-stream";
      ctx.body = events;
    } else ctx.body = ctx.path === "/echo" ? ctx.req : { ok: true };
  });
  server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  page.stop();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

/** Sends a request with any headers. `fetch` cannot set Host. */
async function get(path: string, headers: Record<string, string>) {
  const [response] = (await once(request(`${origin}${path}`, { headers }).end(), "response")) as [
    IncomingMessage,
  ];
  let body = "";
  for await (const chunk of response) body += chunk;
  return { headers: response.headers, body };
}

/** Waits for a line with these counts. */
async function line(openConnections: number, inFlight: number): Promise<Record<string, any>> {
  for (;;) {
    const found = lines.find((one) => one.OpenConnections === openConnections && one.InFlight === inFlight);
    if (found) return found;
    await new Promise((resolve) => written.once("line", resolve));
  }
}

describe("lockstep() middleware", () => {
  it("uses the viewer's protocol and host from the edge for secure cookies, redirects and origin", async () => {
    const throughTheEdge = {
      "x-forwarded-proto": "http", // between CloudFront and the load balancer
      "cloudfront-forwarded-proto": "https",
      "x-forwarded-host": "shop.example.com",
      host: `${VERSION}.shop.internal`,
    };
    const seen = await get("/viewer", throughTheEdge);
    expect(JSON.parse(seen.body)).toEqual({
      origin: "https://shop.example.com",
      host: "shop.example.com",
      secure: true,
    });
    expect(String(seen.headers["set-cookie"])).toMatch(/^sid=1; .*secure/);
    expect((await get("/login", throughTheEdge)).headers.location).toBe("https://shop.example.com/viewer");
  });

  it("accepts only http and https, and does not change x-forwarded-proto without the edge", async () => {
    const secure = async (headers: Record<string, string>) =>
      JSON.parse((await get("/viewer?bare", headers)).body).secure;
    expect(await secure({ "cloudfront-forwarded-proto": "http", "x-forwarded-proto": "https" })).toBe(false);
    expect(await secure({ "cloudfront-forwarded-proto": "ftp", "x-forwarded-proto": "https" })).toBe(true);
    expect(await secure({ "x-forwarded-proto": "https" })).toBe(true);
    expect(await secure({})).toBe(false);
  });

  it("returns its version, and the edge's decision with its reasons", async () => {
    const sent = {
      "x-lockstep-served": "forged",
      "x-lockstep-outcome": "pinned",
      "x-lockstep-current": "20261123-101500-1f3a9c2",
      "x-lockstep-explain": "carrier=header",
    };
    const { headers } = await fetch(origin, { headers: sent });
    const all = Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-lockstep")));
    expect(all).toEqual({ ...sent, "x-lockstep-served": VERSION });
  });

  it("takes its version from the environment", async () => {
    const before = process.env.LOCKSTEP_VERSION;
    process.env.LOCKSTEP_VERSION = "20260101-000000-0000000";
    const own = lockstep();
    own.stop();
    expect(own.headersFor({})).toEqual({ "x-lockstep-served": "20260101-000000-0000000" });
    if (before === undefined) delete process.env.LOCKSTEP_VERSION;
    else process.env.LOCKSTEP_VERSION = before;
  });

  it("reports open event streams and WebSockets in CloudWatch's embedded metric format, then zeros", async () => {
    const socket = Object.assign(new EventEmitter(), { close: () => socket.emit("close") });
    page.hold(socket);
    const response = await fetch(`${origin}/events`);
    expect(await line(2, 0)).toEqual({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: "Lockstep",
            Dimensions: [["App", "Version"]],
            Metrics: [
              { Name: "OpenConnections", Unit: "Count" },
              { Name: "InFlight", Unit: "Count" },
            ],
          },
        ],
      },
      App: "shop",
      Version: VERSION,
      OpenConnections: 2,
      InFlight: 0,
    });
    await response.body!.cancel();
    socket.emit("close");
    await line(0, 0);
  });

  it("counts a request in flight until it fails or is aborted", async () => {
    const controller = new AbortController();
    const body = new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(1)) });
    const init = { method: "POST", body, duplex: "half", signal: controller.signal } as RequestInit;
    const asking = fetch(`${origin}/echo`, init).then((response) => response.text());
    await line(0, 1);
    controller.abort();
    await expect(asking).rejects.toThrow();
    expect((await fetch(`${origin}/fail`)).status).toBe(500);
    await line(0, 0);
  });

  it("reports zeros at its start, nothing while nothing is open, and zeros if it stops with something open", async () => {
    await line(0, 0);
    page.stop();
    expect(lines).toHaveLength(1);
    page = lockstep({ version: VERSION, tellEveryMs: 5, write: (text) => lines.push(JSON.parse(text)) });
    page.hold(Object.assign(new EventEmitter(), { close: () => {} }));
    await expect.poll(() => lines.at(-1)?.OpenConnections).toBe(1);
    expect(lines.at(-1)?._aws.CloudWatchMetrics[0].Dimensions).toEqual([["Version"]]);
    page.stop();
    expect(lines.at(-1)?.OpenConnections).toBe(0);
  });

  it("takes the app's name from the environment, so that the janitor finds its metrics", async () => {
    const before = process.env.LOCKSTEP_APP;
    process.env.LOCKSTEP_APP = "of-the-stack";
    const one = lockstep({
      version: VERSION,
      tellEveryMs: 1e6,
      write: (text) => lines.push(JSON.parse(text)),
    });
    one.hold(Object.assign(new EventEmitter(), { close: () => {} }));
    one.stop();
    expect(lines.at(-1)).toMatchObject({ App: "of-the-stack", Version: VERSION });
    if (before === undefined) delete process.env.LOCKSTEP_APP;
    else process.env.LOCKSTEP_APP = before;
  });

  it("asks WebSockets and event streams to reconnect, and keeps answering requests", async () => {
    const closes: unknown[] = [];
    const socket = Object.assign(new EventEmitter(), {
      close: (...args: unknown[]) => {
        closes.push(args);
        socket.emit("close");
      },
    });
    page.hold(socket);
    const events = await fetch(`${origin}/events`);
    page.reconnectPlease();
    expect(closes).toEqual([[1012, "reconnect"]]);
    expect(await events.text()).toBe("data: 1\n\nevent: lockstep-reconnect\ndata: {}\n\n");
    page.reconnectPlease();
    expect(closes.length).toBe(1);
    expect((await fetch(origin)).status).toBe(200); // the process still answers
  });
});
