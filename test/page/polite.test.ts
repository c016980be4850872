import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FIXTURE } from "./fixture-build.ts";
import { ONE, openStage, openTab, type Stage, served, status, TWO } from "./stage.ts";

// The page script must not disturb the app, whichever features the browser blocks.
let stage: Stage;
let context: BrowserContext;
let errors: string[];
let folder: string;
let copies = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-polite-"));
  stage = await openStage({ versions: [ONE, TWO], pollSeconds: 0.25 });
});
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await stage.promote(ONE);
  context = await stage.profile();
  errors = [];
  stage.api.seen.length = 0;
});
afterEach(async () => {
  await context.close();
  expect(errors).toEqual([]);
});

async function open(): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.route("**/favicon.ico", (route) => route.fulfill({ body: "" }));
  await page.goto(stage.url);
  return page;
}

const heartbeats = () => stage.api.seen.filter(({ url }) => url === "/api/health");

describe("the heartbeat", () => {
  it("reaches the health path of the page's version, without credentials and without a change of cookies", async () => {
    await context.addCookies([{ name: "sid", value: "1", url: stage.url }]);
    await context.clock.install();
    const page = await open();
    const answered = page.waitForResponse(/\.lockstep\/heartbeat/);
    await stage.promote(TWO);
    await (await openTab(stage, context)).close();
    stage.api.seen.length = 0;
    await page.clock.runFor(60_000);
    const response = await answered;
    expect([response.status(), response.headers()["cache-control"]]).toEqual([204, "no-store"]);
    expect(await response.request().headerValue("cookie")).toBeNull();
    await expect.poll(() => heartbeats().length).toBeGreaterThan(1);
    expect(new Set(heartbeats().map(({ version }) => version))).toEqual(new Set([ONE]));
    expect(heartbeats().filter(({ headers }) => headers.cookie || headers.authorization)).toEqual([]);
    expect((await context.cookies()).find(({ name }) => name === "sid")?.value).toBe("1");
    await page.close();
  });
});

describe("a page with a frame called hidden", () => {
  it("counts as visible: it learns of a release and sends heartbeats", async () => {
    await context.clock.install();
    const page = await open();
    await page.evaluate(() => {
      const frame = document.createElement("iframe");
      frame.name = "hidden"; // document.hidden now returns this frame
      document.body.append(frame);
    });
    await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe(ONE);
    stage.api.seen.length = 0;
    await page.clock.runFor(60_000);
    await expect.poll(() => heartbeats().length).toBeGreaterThan(0);
    await stage.point(TWO);
    await page.clock.runFor(60_000);
    await status(page, "outdated");
  });
});

describe.each([
  [
    "a BroadcastChannel whose constructor throws",
    'self.BroadcastChannel = class { constructor() { throw new DOMException("no", "SecurityError"); } };',
  ],
  [
    "a BroadcastChannel that throws when it is read",
    'Object.defineProperty(self, "BroadcastChannel", { get() { throw new DOMException("no", "SecurityError"); } });',
  ],
  ["no BroadcastChannel", "delete self.BroadcastChannel;"],
  [
    "a BroadcastChannel whose postMessage() throws",
    'BroadcastChannel.prototype.postMessage = () => { throw new DOMException("no", "InvalidStateError"); };',
  ],
  [
    "storage that throws when it is read",
    `for (const name of ["localStorage", "sessionStorage"])
       Object.defineProperty(self, name, { configurable: true, get() { throw new DOMException("no", "SecurityError"); } });`,
  ],
  [
    "storage whose methods throw",
    `if (self.Storage) for (const name of ["getItem", "setItem", "removeItem"])
       Storage.prototype[name] = () => { throw new DOMException("no", "QuotaExceededError"); };`,
  ],
  [
    "no storage",
    'for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(self, name, { value: null });',
  ],
])("%s", (_what, start) => {
  it("does not affect the pin, the news of a release, the heartbeat and the reload", async () => {
    await context.addInitScript(start);
    const page = await open();
    await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe(ONE);
    await stage.promote(TWO);
    await (await openTab(stage, context)).close();
    expect(await served(page)).toBe(ONE);
    await status(page, "outdated");
    await expect.poll(() => heartbeats().map(({ version }) => version)).toContain(ONE);
    const loaded = page.waitForEvent("load");
    await page.evaluate(() => void window.lockstep.reload());
    await loaded;
    expect(await page.getAttribute("meta[name=lockstep-version]", "content")).toBe(TWO);
  });

  it("causes no error in a worker, which is pinned", async () => {
    // A copy of the fixture's worker, in which the feature is blocked first.
    const [, worker] = [...stage.world.objects].find(([name]) => name.startsWith("assets/worker-"))!;
    const name = `assets/forbidden-${++copies}.js`;
    stage.world.objects.set(name, {
      ...worker,
      Body: Buffer.from(`${start}\n${worker.Body}`),
      ETag: `"${name}"`,
    });
    const page = await open();
    const answer = await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const made = new Worker(address);
          made.onerror = (event) => resolve(`onerror: ${event.message}`);
          made.onmessage = ({ data }) => resolve(data);
          made.postMessage("who?");
        }),
      `/${name}`,
    );
    expect(answer).toEqual({ byFetch: ONE, byXhr: ONE, bySocket: ONE, byEvents: ONE });
  });
});

describe("messages on the channel that are not from Lockstep", () => {
  it("are ignored", async () => {
    const page = await open();
    await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe(ONE);
    await page.evaluate(() => {
      const channel = new BroadcastChannel("lockstep");
      for (const message of [null, undefined, 7, "", "x", {}, [], { r: 9 }, { current: 5 }, new Date()])
        channel.postMessage(message);
    });
    await page.evaluate(() => window.lockstep.check());
    expect(await page.evaluate(() => window.lockstep.status)).toBe("current");
  });
});

describe("a page under a service worker that precaches its shell", () => {
  const precaching = (id: string, begin: string) => `
    const NAME = "precache-${id}";
    self.addEventListener("install", (event) => {
      ${begin}
      event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(["/index.html"])));
    });
    self.addEventListener("activate", (event) => event.waitUntil((async () => {
      for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name);
      ${begin && "await self.clients.claim();"}
    })()));
    self.addEventListener("message", ({ data }) => data?.type === "SKIP_WAITING" && self.skipWaiting());
    self.addEventListener("fetch", (event) => {
      if (event.request.mode === "navigate")
        event.respondWith(caches.open(NAME).then((cache) => cache.match("/index.html")).then((page) => page ?? fetch(event.request)));
    });`;

  it.each([
    ["waits for SKIP_WAITING", "", "5"],
    ["calls skipWaiting()", "self.skipWaiting();", "6"],
  ])("that %s reaches the new version within two reloads", async (_how, begin, digit) => {
    const ids = [1, 2].map((n) => `2026112${n}-101500-000000${digit}`) as [string, string];
    for (const id of ids) {
      const publicDir = join(folder, id);
      await mkdir(publicDir);
      await writeFile(join(publicDir, "sw.js"), precaching(id, begin));
      await stage.release(id, { root: FIXTURE, publicDir });
    }
    await stage.promote(ids[0]);
    const page = await openTab(stage, context);
    await page.evaluate(async () => {
      await navigator.serviceWorker.register("/sw.js");
      await navigator.serviceWorker.ready;
    });
    await page.reload();
    expect(await page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    await stage.promote(ids[1]);
    await page.reload();
    expect(await versionOf(page)).toBe(ids[0]); // from the worker's cache
    for (let reloads = 0; reloads < 2 && (await versionOf(page)) === ids[0]; reloads++) {
      const loaded = page.waitForEvent("load");
      await page.evaluate(() => void window.lockstep.reload());
      await loaded;
    }
    expect(await versionOf(page)).toBe(ids[1]);
    expect(await served(page)).toBe(ids[1]);
  });
});

function versionOf(page: Page): Promise<string | null> {
  return page.getAttribute("meta[name=lockstep-version]", "content");
}
