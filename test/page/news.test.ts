import type { BrowserContext, Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FOUR, ONE, openStage, openTab, type Stage, served, status, THREE, TWO } from "./stage.ts";

let stage: Stage;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

/** Opens a tab of ONE, which is current, and waits for its first news. */
beforeEach(async () => {
  await stage.point(ONE);
  context = await stage.profile();
  page = await openTab(stage, context);
  await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe(ONE);
});
afterEach(() => context.close());

describe("a page learns of a new version", () => {
  it("from a response of the API, confirmed by the status check", async () => {
    await stage.promote(TWO);
    await served(page);
    await status(page, "outdated");
    expect(await page.evaluate(() => ({ ...window.lockstep.getState() }))).toEqual({
      version: ONE,
      current: TWO,
      status: "outdated",
    });
    expect(await served(page)).toBe(ONE);
    await stage.promote(ONE);
  });

  it("but not from an edge whose map differs from the pointer", async () => {
    await stage.promote(TWO);
    await stage.point(ONE); // for the API, TWO is current; documents are still of ONE
    const checks = await statusChecks(page, async () => {
      await served(page);
    });
    expect(checks).toBe(1);
    expect(await page.evaluate(() => window.lockstep.status)).toBe("current");
    await stage.promote(ONE);
  });

  it.each(["focus", "visibilitychange"])("from the status check on %s", async (event) => {
    await stage.point(TWO);
    await page.evaluate((name) => {
      (name === "focus" ? window : document).dispatchEvent(new Event(name));
    }, event);
    await status(page, "outdated");
  });

  it("from regular status checks while it is visible", async () => {
    await context.close();
    context = await stage.profile();
    page = await context.newPage();
    await page.clock.install();
    await page.goto(stage.url);
    await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe(ONE);
    await stage.point(TWO);
    await page.clock.runFor(224_000); // 300 s minus at most a quarter
    expect(await page.evaluate(() => window.lockstep.status)).toBe("current");
    await page.clock.runFor(152_000); // 300 s plus at most a quarter
    await status(page, "outdated");
  });

  it("and sends heartbeats with its own version while it is visible", async () => {
    await context.close();
    context = await stage.profile();
    page = await context.newPage();
    await page.clock.install();
    await page.goto(stage.url);
    await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe(ONE);
    const beats: (string | null)[] = [];
    page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === "/.lockstep/heartbeat") beats.push(searchParams.get("lockstep"));
    });
    await page.clock.runFor(1_000_000); // three times 300 s
    await expect.poll(() => beats).toEqual([ONE, ONE, ONE]);
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { get: () => true });
      Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    });
    await page.clock.runFor(1_000_000);
    expect(beats).toHaveLength(3);
  });

  it("from a sibling tab, and both keep their own version", async () => {
    await stage.point(TWO);
    const newer = await openTab(stage, context);
    await status(page, "outdated");
    await status(newer, "current");
    expect([await served(page), await served(newer)]).toEqual([ONE, TWO]);
  });

  it("and reports a listener that throws, and runs the other listeners", async () => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.evaluate(() => {
      window.lockstep.subscribe(() => {
        throw new Error("no screen");
      });
      window.lockstep.subscribe(() => {
        document.title = window.lockstep.status;
      });
    });
    await stage.point(TWO);
    await page.evaluate(() => window.lockstep.check());
    await expect.poll(() => page.title()).toBe("outdated");
    expect(errors).toEqual(["no screen"]);
  });

  it("and ignores older news that arrive late", async () => {
    await stage.point(TWO);
    await page.evaluate(() => window.lockstep.check());
    await status(page, "outdated");
    await page.evaluate(() => {
      const received: string[] = [];
      Object.assign(window, { received });
      window.lockstep.subscribe(() => received.push(window.lockstep.status));
    });
    const sender = await context.newPage();
    await sender.goto(`${stage.url}/api/page`); // a page without the page script
    await sender.evaluate((one) => {
      const channel = new BroadcastChannel("lockstep");
      channel.postMessage({ r: 0, current: one, ending: {}, aheadMs: 0 });
      channel.postMessage({ r: 1_000_000, current: "20991231-000000-0000000", ending: {}, aheadMs: 0 });
    }, ONE);
    await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe("20991231-000000-0000000");
    const received = await page.evaluate(() => (window as never as { received: string[] }).received);
    expect(received).toEqual(["outdated"]); // never "current" in between
  });

  it("once, with a state object that stays the same until something changes", async () => {
    await page.evaluate(() => {
      const { lockstep } = window;
      const received: unknown[] = [];
      Object.assign(window, { received });
      const stop = lockstep.subscribe(() => received.push(lockstep.getState()));
      lockstep.subscribe(() => {
        if (lockstep.current?.includes("3333333")) stop();
      });
    });
    await stage.point(TWO);
    await page.evaluate(() => Promise.all([window.lockstep.check(), window.lockstep.check()]));
    await page.evaluate(() => window.lockstep.check());
    await stage.point(THREE);
    await page.evaluate(() => window.lockstep.check());
    await stage.point(FOUR);
    await page.evaluate(() => window.lockstep.check());
    const received = await page.evaluate(
      () => (window as never as { received: { current: string }[] }).received,
    );
    expect(received.map(({ current }) => current)).toEqual([TWO, THREE]);
    const isSame = await page.evaluate(() => {
      const before = window.lockstep.getState();
      return window.lockstep.check().then(() => window.lockstep.getState() === before);
    });
    expect(isSame).toBe(true);
  });
});

describe("the status check", () => {
  it("carries no pin and is never cached", async () => {
    const [request] = await Promise.all([
      page.waitForRequest(/\.lockstep\/status/),
      page.evaluate(() => window.lockstep.check()),
    ]);
    expect(await request.headerValue("x-lockstep-version")).toBeNull();
    expect(new URL(request.url()).search).toBe("");
    expect((await request.response())?.headers()["cache-control"]).toBe("no-store");
  });

  it.each([
    ["no network", (route: Route) => route.abort()],
    ["a proxy's error page", (route: Route) => route.fulfill({ status: 502, body: "<html>" })],
    ["JSON without a version", (route: Route) => route.fulfill({ body: "{}" })],
    ["an edge without a release", (route: Route) => route.fulfill({ body: '{"r":0,"current":null}' })],
  ])("that fails with %s changes nothing", async (_why, answer) => {
    await context.route(/\.lockstep\/status/, answer);
    await page.evaluate(() => window.lockstep.check());
    expect(await page.evaluate(() => window.lockstep.getState())).toMatchObject({
      current: ONE,
      status: "current",
    });
  });
});

describe("a version that ends", () => {
  const DAY_MS = 86_400_000;

  it.each([
    ["right", 0],
    ["a day fast", DAY_MS],
    ["a day slow", -DAY_MS],
  ])("reports its end correctly with a clock that is %s", async (_how, wrongMs) => {
    await context.close();
    context = await stage.profile();
    page = await context.newPage();
    await page.clock.setFixedTime(Date.now() + wrongMs);
    await page.goto(stage.url);
    const endsAtSeconds = Math.floor(Date.now() / 1000) + 3600;
    await stage.point(TWO, { ending: { [ONE]: endsAtSeconds } });
    await page.evaluate(() => window.lockstep.check());
    await status(page, "ending");
    const left = await page.evaluate(() => window.lockstep.endsAt! - Date.now());
    expect(Math.abs(left - 3_600_000)).toBeLessThan(120_000); // compared in whole minutes
    await stage.point(TWO);
    await page.evaluate(() => window.lockstep.check());
    await status(page, "outdated");
    expect(await page.evaluate(() => window.lockstep.endsAt)).toBeUndefined();
  });
});

describe("a version that is gone", () => {
  // Retires FOUR for all tests of this block.
  beforeAll(() => stage.retire(FOUR));
  beforeEach(async () => {
    await stage.point(FOUR);
    page = await openTab(stage, context);
    await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe(FOUR);
    await stage.point(ONE);
  });

  it("answers the app with a normal 409 and its body, and sets the status", async () => {
    const answer = await page.evaluate(async () => {
      const response = await fetch("/api/who");
      return { status: response.status, body: await response.json(), state: window.lockstep.status };
    });
    expect(answer).toMatchObject({
      status: 409,
      body: { type: "urn:lockstep:version-gone", version: FOUR },
      state: "gone",
    });
  });

  it.each(["", "text", "json"] as const)(
    "sets the status after an XMLHttpRequest with response type %j",
    async (type) => {
      await page.evaluate(
        (responseType) =>
          new Promise((resolve) => {
            const xhr = new XMLHttpRequest();
            xhr.open("GET", "/api/who");
            xhr.responseType = responseType;
            xhr.onloadend = resolve;
            xhr.send();
          }),
        type,
      );
      await status(page, "gone");
    },
  );

  it("is recognised by the load balancer's 409, which has no Lockstep header", async () => {
    await context.route(/\/api\/who/, (route) =>
      route.fulfill({
        status: 409,
        contentType: "application/json",
        body: '{"type":"urn:lockstep:version-gone","status":409}',
      }),
    );
    const text = await page.evaluate(async () => (await fetch("/api/who")).text());
    expect(text).toContain("urn:lockstep:version-gone");
    await status(page, "gone");
  });

  it("is not confused with a 409 of the app", async () => {
    const current = await openTab(stage, context);
    const body = await current.evaluate(async () => (await fetch("/api/status/409")).json());
    expect(body).toMatchObject({ text: "Conflict" });
    expect(await current.evaluate(() => window.lockstep.status)).toBe("current");
  });

  it("ends an EventSource, and closes each WebSocket that the app opens again", async () => {
    const events = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource("/api/events");
          source.onerror = () => resolve(source.readyState);
        }),
    );
    expect(events).toBe(2); // closed: the browser does not reconnect
    await status(page, "gone");
    const asked = () => stage.api.seen.filter(({ url }) => url === "/api/socket").length;
    const before = asked();
    const tries = await page.evaluate(async () => {
      const all: [number, number][] = [];
      for (let n = 0; n < 5; n++)
        await new Promise<void>((resolve) => {
          const socket = new WebSocket("/api/socket");
          const state = socket.readyState;
          socket.onclose = ({ code }) => {
            all.push([state, code]);
            resolve();
          };
        });
      return all;
    });
    // The socket is closing (2) immediately. At most its handshake is in progress, which the edge answers.
    expect(tries).toEqual(Array(5).fill([2, 1006]));
    expect(asked()).toBe(before);
  });

  it("is detected after a WebSocket fails, although the browser does not report why", async () => {
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          new WebSocket("/api/socket").onclose = resolve;
        }),
    );
    await status(page, "gone");
  });

  it("is reported only to sibling tabs of the same version", async () => {
    await stage.point(FOUR);
    const sibling = await openTab(stage, context);
    await stage.point(ONE);
    const other = await openTab(stage, context);
    await page.evaluate(() => fetch("/api/who"));
    await status(sibling, "gone");
    await status(other, "current");
  });

  it("includes every version below the floor, without a request to a service", async () => {
    await stage.point(FOUR, { floor: "20270101-000000-0000000" });
    await page.evaluate(() => window.lockstep.check());
    await status(page, "gone");
    await stage.point(ONE);
  });

  it("stays gone when later news names it as current", async () => {
    await page.evaluate(() => fetch("/api/who"));
    await status(page, "gone");
    await stage.point(FOUR);
    await page.evaluate(() => window.lockstep.check());
    expect(await page.evaluate(() => window.lockstep.status)).toBe("gone");
  });
});

describe("connections during a release", () => {
  it("an EventSource and a WebSocket reconnect to their own version after a disconnect", async () => {
    await page.evaluate(() => {
      const log: string[] = [];
      Object.assign(window, { log });
      new EventSource("/api/events").onmessage = ({ data }) => log.push(`events ${data}`);
      const connect = () => {
        const socket = new WebSocket("/api/socket");
        socket.onmessage = ({ data }) => log.push(`socket ${JSON.parse(data).served}`);
        socket.onclose = () => setTimeout(connect, 50);
      };
      connect();
    });
    const log = () => page.evaluate(() => [...(window as never as { log: string[] }).log].sort());
    await expect.poll(log).toEqual([`events ${ONE}`, `socket ${ONE}`]);
    await stage.point(TWO);
    await (await openTab(stage, context)).close(); // moves the cookie
    stage.api.hangUp();
    await expect.poll(log).toEqual([`events ${ONE}`, `events ${ONE}`, `socket ${ONE}`, `socket ${ONE}`]);
  });

  it("a WebSocket that the API asks to reconnect causes a status check", async () => {
    await page.evaluate(() => new Promise((resolve) => (new WebSocket("/api/socket").onmessage = resolve)));
    await stage.point(TWO, { ending: { [ONE]: 4_000_000_000 } });
    stage.api.reconnectPlease();
    await status(page, "ending");
  });
});

/** Counts the status checks of a page from the start of an action until the first check is answered. */
async function statusChecks(tab: Page, happening: () => Promise<void>): Promise<number> {
  let count = 0;
  const counter = (request: { url(): string }) => {
    if (request.url().includes("/.lockstep/status")) count++;
  };
  tab.on("request", counter);
  const answered = tab.waitForResponse(/\.lockstep\/status/);
  await happening();
  await answered;
  tab.off("request", counter);
  return count;
}

describe("a page without user input", () => {
  it("sends heartbeats to its own version, so that the version does not count as idle", async () => {
    const [id, next] = ["20261126-000000-0000005", "20261126-000000-0000006"];
    await stage.release(next);
    await stage.release(id, undefined, 0.25);
    await stage.promote(id);
    const page = await openTab(stage, await stage.profile());
    await stage.promote(next);
    stage.api.seen.length = 0;
    const heartbeats = () =>
      stage.api.seen.filter(({ url }) => url.startsWith("/.lockstep/heartbeat") || url === "/api/health");
    await expect.poll(() => heartbeats().length).toBeGreaterThan(0);
    expect(new Set(heartbeats().map(({ version }) => version))).toEqual(new Set([id]));
    await page.close();
  });
});
