import { describe, expect, it, vi } from "vitest";
import { createLockstep } from "../src/lockstep.ts";

const VERSION = "20261122-101500-1f3a9c2";
const OLDER = "20261121-101500-0f3a9c2";
const NEWER = "20261123-101500-2f3a9c2";
const origin = "https://shop.example";

function lockstepOver(answer: (input: RequestInfo | URL, init?: RequestInit) => Response) {
  const sent = vi.fn(async (input: RequestInfo | URL, init?: RequestInit) => answer(input, init));
  return { sent, page: createLockstep({ version: VERSION, origin, fetch: sent }) };
}
const ok = () => new Response("{}");
const headerOf = (call: unknown[] | undefined) =>
  new Headers((call?.[1] as RequestInit | undefined)?.headers);

describe("lockstep.fetch()", () => {
  it.each(["/api/orders", "https://shop.example/api/orders", new URL("https://shop.example/api/orders?x=1")])(
    "pins %s",
    async (input) => {
      const { page, sent } = lockstepOver(ok);
      await page.fetch(input);
      expect(headerOf(sent.mock.calls[0]).get("x-lockstep-version")).toBe(VERSION);
    },
  );

  it.each(["/assets/app.js", "/.lockstep/status", "https://other.example/api/orders", "/apiary"])(
    "leaves %s alone",
    async (input) => {
      const { page, sent } = lockstepOver(ok);
      await page.fetch(input);
      expect(sent.mock.calls[0]).toEqual([input, undefined]);
    },
  );

  it("keeps the headers of a Request and of init", async () => {
    const { page, sent } = lockstepOver(ok);
    await page.fetch(new Request(`${origin}/api/orders`, { headers: { "x-app": "1" } }));
    expect(headerOf(sent.mock.calls[0]).get("x-app")).toBe("1");
    await page.fetch("/api/orders", { method: "POST", headers: { "x-app": "2" } });
    expect(headerOf(sent.mock.calls[1]).get("x-app")).toBe("2");
    expect(sent.mock.calls[1]?.[1]?.method).toBe("POST");
  });

  it("pins nothing on a page without a version", async () => {
    const sent = vi.fn(async () => ok());
    await createLockstep({ version: undefined, origin, fetch: sent }).fetch("/api/orders");
    expect(sent.mock.calls[0]).toEqual(["/api/orders", undefined]);
  });
});

describe("lockstep.url()", () => {
  it("carries the pin in the query of API addresses, WebSocket addresses too, and of nothing else", () => {
    const { page } = lockstepOver(ok);
    expect(page.url("/api/ticker?x=1")).toBe(`${origin}/api/ticker?x=1&lockstep=${VERSION}`);
    expect(page.url("wss://shop.example/api/socket")).toBe(
      `wss://shop.example/api/socket?lockstep=${VERSION}`,
    );
    expect(page.url("/assets/a.js")).toBe(`${origin}/assets/a.js`);
    expect(page.url("https://other.example/api/x")).toBe("https://other.example/api/x");
  });
});

describe("lockstep.getState()", () => {
  it("hears of a newer version on any API answer and tells its subscribers once", async () => {
    const { page } = lockstepOver(() => new Response("{}", { headers: { "x-lockstep-current": NEWER } }));
    const heard = vi.fn();
    page.subscribe(heard);
    await page.fetch("/api/orders");
    await page.fetch("/api/orders");
    expect(page.getState()).toEqual({ version: VERSION, current: NEWER, status: "outdated" });
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["a rollback", OLDER, "outdated"],
    ["an edge whose map lags behind the release", VERSION, "current"],
  ] as const)(
    "asks the status check when it is told of an older version: %s",
    async (_why, truth, status) => {
      const { page, sent } = lockstepOver((input) =>
        String(input).endsWith("/.lockstep/status")
          ? new Response(JSON.stringify({ current: truth, floor: null }))
          : new Response("{}", { headers: { "x-lockstep-current": OLDER } }),
      );
      const heard = new Promise<void>((resolve) => page.subscribe(resolve));
      await page.fetch("/api/orders");
      expect(page.getState()).toMatchObject({ current: undefined, status: "current" });
      await heard;
      expect(page.getState()).toEqual({ version: VERSION, current: truth, status });
      expect(headerOf(sent.mock.calls[1]).get("x-lockstep-version")).toBeNull();
      expect(sent.mock.calls[1]?.[1]?.cache).toBe("no-store");
    },
  );

  it("takes a failed check for no news", async () => {
    const { page } = lockstepOver(() => new Response("<html>", { status: 502 }));
    await page.check();
    expect(page.getState()).toEqual({ version: VERSION, current: undefined, status: "current" });
  });

  it.each([
    ["the edge's", "application/problem+json; charset=utf-8"],
    ["the load balancer's", "application/json"],
  ])("turns gone on %s 409, and the app still reads the whole body", async (_whose, type) => {
    const problem = JSON.stringify({
      type: "urn:lockstep:version-gone",
      status: 409,
      version: VERSION,
      current: NEWER,
    });
    const { page } = lockstepOver(
      () =>
        new Response(problem, {
          status: 409,
          headers: { "content-type": type },
        }),
    );
    const gone = new Promise<void>((resolve) => page.subscribe(resolve));
    const response = await page.fetch("/api/orders");
    expect(await response.text()).toBe(problem);
    await gone;
    expect(page.getState().status).toBe("gone");
  });

  it("takes the app's own 409 for what it is", async () => {
    const { page } = lockstepOver(
      () =>
        new Response('{"type":"about:blank"}', {
          status: 409,
          headers: { "content-type": "application/problem+json" },
        }),
    );
    await (await page.fetch("/api/orders")).text();
    expect(page.getState().status).toBe("current");
  });
});
