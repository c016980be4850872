import { readFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import session from "express-session";
import Koa from "koa";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { createApp } from "../src/app.ts";
import { lockstep } from "../src/lockstep.ts";

/** Headers of a request from https://shop.example.com, after the distribution and the load balancer. */
const THROUGH_THE_EDGE = {
  "cloudfront-forwarded-proto": "https",
  "x-forwarded-proto": "http",
  "x-forwarded-host": "shop.example.com",
  "x-forwarded-for": "6.6.6.6, 203.0.113.7, 130.176.0.1",
};
let server: Server | undefined;

afterEach(async () => {
  await new Promise((resolve) => server?.close(resolve));
});

async function ask(listener: RequestListener): Promise<Response> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return fetch(url, { headers: { ...THROUGH_THE_EDGE, connection: "close" }, redirect: "manual" });
}

/** Imports a code block of docs/services.md. */
async function codeBlock(name: string): Promise<Record<string, (app: unknown) => void>> {
  const text = await readFile(new URL("../../docs/services.md", import.meta.url), "utf8");
  const block = new RegExp(`^\`\`\`js ${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(text)?.[1];
  if (block === undefined) throw new Error(`docs/services.md has no code block ${name}`);
  return import(`data:text/javascript,${encodeURIComponent(block)}`);
}

describe("docs/services.md", () => {
  it("express.js gives Express the viewer's protocol, host and address, and secure session cookies", async () => {
    const { behindLockstep } = await codeBlock("express.js");
    const app = express();
    behindLockstep!(app);
    app.use(session({ secret: "x", resave: false, saveUninitialized: true, cookie: { secure: true } }));
    app.get("/", (request, response) => {
      response.json([request.protocol, request.host, request.ip]);
    });
    const response = await ask(app);
    expect(await response.json()).toEqual(["https", "shop.example.com", "203.0.113.7"]);
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^connect\.sid=.*; Secure/)]);
  });

  it("the middleware gives Koa the viewer's protocol, host and address, and secure cookies", async () => {
    const app = new Koa({ proxy: true, maxIpsCount: 2 });
    const page = lockstep({ version: "20261122-101500-1f3a9c2", write: () => {} });
    app.use(page);
    app.use((ctx) => {
      ctx.cookies.set("sid", "1", { secure: true });
      ctx.body = [ctx.protocol, ctx.host, ctx.ip, ctx.secure];
    });
    const response = await ask(app.callback());
    page.stop();
    expect(await response.json()).toEqual(["https", "shop.example.com", "203.0.113.7", true]);
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^sid=1; .*secure/)]);
  });

  it("the shipped app does not trust an address that a viewer sends", () => {
    const page = lockstep({ version: "20261122-101500-1f3a9c2", write: () => {} });
    const app = createApp({
      version: "20261122-101500-1f3a9c2",
      log: pino({ level: "silent" }),
      lockstep: page,
    });
    page.stop();
    expect([app.proxy, app.maxIpsCount]).toEqual([true, 2]);
  });
});
