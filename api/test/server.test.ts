import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createApiServer, type RunningServer } from "../src/server.ts";

let api: RunningServer;
let origin: string;

beforeEach(async () => {
  api = createApiServer({ version: "20261122-101500-1f3a9c2", log: pino({ level: "silent" }) });
  await new Promise<void>((resolve) => api.server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
});
afterEach(() => api.drain());

describe("lockstep() middleware", () => {
  it("returns its version from its own options, not from the request", async () => {
    const response = await fetch(`${origin}/api/health`, { headers: { "x-lockstep-served": "forged" } });
    expect(response.headers.get("x-lockstep-served")).toBe("20261122-101500-1f3a9c2");
  });

  it("returns the edge's decision, also with an error", async () => {
    const response = await fetch(`${origin}/api/nothing`, {
      headers: { "x-lockstep-outcome": "pinned", "x-lockstep-current": "20261123-101500-1f3a9c2" },
    });
    expect(response.status).toBe(404);
    expect(response.headers.get("x-lockstep-outcome")).toBe("pinned");
    expect(response.headers.get("x-lockstep-current")).toBe("20261123-101500-1f3a9c2");
  });
});

describe("the API", () => {
  it("stores orders under contract 1", async () => {
    const made = await fetch(`${origin}/api/orders`, {
      method: "POST",
      body: JSON.stringify({ item: "Rope", quantity: 3 }),
    });
    expect(made.status).toBe(201);
    const { orders } = (await (await fetch(`${origin}/api/orders`)).json()) as { orders: unknown[] };
    expect(orders).toContainEqual({ id: 2, item: "Rope", quantity: 3 });
  });

  it.each([
    ["a body that is not JSON", "{", 400],
    ["a body that is not an object", "[]", 400],
    ["a missing item", "{}", 422],
    ["a quantity of zero", '{"item":"Rope","quantity":0}', 422],
    ["a body above 64 KB", JSON.stringify({ item: "x".repeat(70_000) }), 413],
  ])("refuses %s with a problem document", async (_case, body, status) => {
    const response = await fetch(`${origin}/api/orders`, { method: "POST", body });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
  });

  it("echoes a large streamed body byte for byte", async () => {
    const chunk = new Uint8Array(256 * 1024).map((_, index) => index % 251);
    let left = 40; // 10 MB
    const body = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const response = await fetch(`${origin}/api/echo`, {
      method: "POST",
      body,
      duplex: "half",
    } as RequestInit);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes.length).toBe(40 * chunk.length);
    expect(bytes.every((byte, index) => byte === (index % chunk.length) % 251)).toBe(true);
  });

  it("ticks immediately, and asks its readers to reconnect when it drains", async () => {
    const response = await fetch(`${origin}/api/ticker`);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("data:")) text += (await reader.read()).value;
    const drained = api.drain();
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    expect(text.endsWith("event: lockstep-reconnect\ndata: {}\n\n")).toBe(true);
    await drained;
  });

  it("echoes on a WebSocket with its version, and asks the client to reconnect when it drains", async () => {
    const socket = new WebSocket(`${origin.replace("http", "ws")}/api/socket`);
    const handshake = new Promise<string | string[] | undefined>((resolve) =>
      socket.once("upgrade", (response) => resolve(response.headers["x-lockstep-served"])),
    );
    await new Promise((resolve) => socket.once("open", resolve));
    expect(await handshake).toBe("20261122-101500-1f3a9c2");
    socket.send("hello");
    const answer = await new Promise((resolve) =>
      socket.once("message", (data) => resolve(JSON.parse(String(data)))),
    );
    expect(answer).toEqual({ served: "20261122-101500-1f3a9c2", echo: "hello" });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await api.drain();
    expect(await closed).toBe(1012);
  });

  it("finishes requests in flight before it has drained", async () => {
    let finish = (): void => {};
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("begun "));
        finish = () => {
          controller.enqueue(new TextEncoder().encode("finished"));
          controller.close();
        };
      },
    });
    const response = await fetch(`${origin}/api/echo`, {
      method: "POST",
      body,
      duplex: "half",
    } as RequestInit);
    const drained = api.drain();
    finish();
    expect(await response.text()).toBe("begun finished");
    await drained;
  });
});
