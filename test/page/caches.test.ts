import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FIXTURE } from "./fixture-build.ts";
import { ONE, openStage, openTab, type Stage, served, TWO } from "./stage.ts";

// Two tabs of two versions share all caches of a browser. Each must get the responses of its own version.
const CACHED = ["max-age", "shared-max-age", "stale", "etag", "weak-etag", "heuristic", "vary"];

/** A service worker that caches the first response of a service for each address. */
const CACHING_WORKER = `
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET" || !new URL(event.request.url).pathname.startsWith("/api/")) return;
  event.respondWith((async () => {
    const cache = await caches.open("api");
    const kept = await cache.match(event.request);
    if (kept) return kept;
    const response = await fetch(event.request);
    await cache.put(event.request, response.clone());
    return response;
  })());
});`;

let stage: Stage;
let publicDir: string;
let context: BrowserContext;
let old: Page;
let young: Page;

beforeAll(async () => {
  publicDir = await mkdtemp(join(tmpdir(), "lockstep-caches-"));
  await writeFile(join(publicDir, "caching-worker.js"), CACHING_WORKER);
  stage = await openStage({ versions: [] });
  for (const id of [ONE, TWO]) await stage.release(id, { root: FIXTURE, publicDir });
  await stage.promote(ONE);
});
afterAll(async () => {
  await stage?.close();
  await rm(publicDir, { recursive: true, force: true });
});
beforeEach(async () => {
  context = await stage.profile();
  await stage.promote(ONE);
  old = await openTab(stage, context);
  await stage.promote(TWO);
  young = await openTab(stage, context);
  stage.api.seen.length = 0;
});
afterEach(() => context.close());

function servedByXhr(page: Page, path: string): Promise<string> {
  return page.evaluate(
    (address) =>
      new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.open("GET", address);
        request.onload = () => resolve(JSON.parse(request.responseText).served);
        request.send();
      }),
    path,
  );
}

describe.each(CACHED)("a response with caching by %s", (kind) => {
  const path = `/api/${kind}?b=1&a=2`;

  it("is never used for a page of another version", async () => {
    for (const [page, id] of [
      [young, TWO],
      [old, ONE],
      [young, TWO],
      [old, ONE],
    ] as const) {
      expect(await served(page, path)).toBe(id);
      expect(await servedByXhr(page, path)).toBe(id);
    }
  });

  it("is never used for a page of another version after a reload", async () => {
    expect(await served(young, path)).toBe(TWO);
    expect(await served(old, path)).toBe(ONE);
    await old.reload();
    expect(await old.getAttribute("meta[name=lockstep-version]", "content")).toBe(TWO);
    expect(await served(old, path)).toBe(TWO);
  });

  it("is not cached if only the cookie pinned the request", async () => {
    const byCookie = () =>
      old.evaluate(async (address) => {
        const frame = document.body.appendChild(document.createElement("iframe"));
        const response = await frame.contentWindow!.fetch(`${location.origin}${address}`);
        const answer = await response.json();
        frame.remove();
        return [answer.served, response.headers.get("cache-control")];
      }, path);
    expect(await byCookie()).toEqual([TWO, "no-store"]);
    await stage.point(ONE);
    await (await openTab(stage, context)).close(); // moves the cookie
    expect(await byCookie()).toEqual([ONE, "no-store"]);
  });
});

describe("the caches of a browser", () => {
  it("are used: a page requests a cacheable response once", async () => {
    for (const kind of ["max-age", "heuristic"]) {
      await served(old, `/api/${kind}?once`);
      await served(old, `/api/${kind}?once`);
      expect(stage.api.seen.filter(({ url }) => url === `/api/${kind}?once`)).toHaveLength(1);
    }
    await served(old, "/api/etag");
    const revalidated = old.waitForResponse(/api\/etag/);
    await served(old, "/api/etag");
    expect((await revalidated).status()).toBe(200); // as the page sees it
    expect(stage.api.seen.at(-1)?.headers["if-none-match"]).toBe('"rev-42"');
  });

  it("do not use a preload of another version for a fetch", async () => {
    const [by, of] = await old.evaluate(async () => {
      const preload = (href: string) =>
        new Promise((resolve) => {
          const link = document.createElement("link");
          Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "anonymous", href });
          link.onload = resolve;
          document.head.append(link);
        });
      const ask = async (address: string) => (await (await fetch(address)).json()).served;
      await preload("/api/max-age?preloaded");
      await preload(window.lockstep.pin("/api/max-age?pinned"));
      return [await ask("/api/max-age?preloaded"), await ask("/api/max-age?pinned")];
    });
    expect([by, of]).toEqual([ONE, ONE]);
    expect(stage.api.seen.filter(({ url }) => url.endsWith("?pinned"))).toHaveLength(1);
  });

  it("do not use another version's response for only-if-cached or force-cache", async () => {
    await served(young, "/api/max-age?kept");
    const outcome = await old.evaluate(async () => {
      const response = await fetch("/api/max-age?kept", {
        cache: "only-if-cached",
        mode: "same-origin",
      }).catch(String);
      const forced = await fetch("/api/max-age?kept", { cache: "force-cache" });
      return [typeof response === "string" ? response : response.status, (await forced.json()).served];
    });
    expect(outcome).toEqual(["TypeError: Failed to fetch", ONE]);
  });

  it("of a service worker separate versions by address", async () => {
    await old.evaluate(async () => {
      const controlled = new Promise((resolve) =>
        navigator.serviceWorker.addEventListener("controllerchange", resolve),
      );
      await navigator.serviceWorker.register("/caching-worker.js");
      await controlled;
    });
    for (const page of [young, old]) {
      const id = page === old ? ONE : TWO;
      expect(await served(page, "/api/who?sw")).toBe(id);
      expect(await served(page, "/api/who?sw")).toBe(id);
    }
    expect(stage.api.seen.filter(({ url }) => url === "/api/who?sw")).toHaveLength(2);
  });

  it("of images separate versions if the address comes from lockstep.pin()", async () => {
    const addresses = await Promise.all(
      [old, young].map((page) => page.evaluate(() => window.lockstep.pin("/api/image?x"))),
    );
    expect(addresses).toEqual([`/api/image?lockstep=${ONE}&x`, `/api/image?lockstep=${TWO}&x`]);
    await old.evaluate(
      (src) =>
        new Promise((resolve) => Object.assign(new Image(), { src, onerror: resolve, onload: resolve })),
      addresses[0]!,
    );
    expect(stage.api.seen.map(({ version, url }) => [version, url])).toEqual([[ONE, "/api/image?x"]]);
  });
});
