import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type SharedCache, startSharedCache } from "./engines/shared-cache.ts";
import { ONE, openStage, type Stage, served, TWO } from "./stage.ts";

// Two users behind one shared cache in front of the distribution. The first opens the page before a release, the second
// after it.
/** `cache-control` of the two page loads. */
const pageCaching: (string | undefined)[] = [];
let stage: Stage;
let cache: SharedCache;
let contexts: BrowserContext[];
let old: Page;
let young: Page;

beforeAll(async () => {
  stage = await openStage({ versions: [ONE, TWO] });
  cache = await startSharedCache(stage.url);
  contexts = [await stage.profile(), await stage.profile()];
  old = await contexts[0]!.newPage();
  pageCaching.push((await old.goto(`${cache.url}/`))?.headers()["cache-control"]);
  await stage.promote(TWO);
  young = await contexts[1]!.newPage();
  pageCaching.push((await young.goto(`${cache.url}/`))?.headers()["cache-control"]);
});
afterAll(async () => {
  await stage?.close();
  await cache?.close();
});

const cookieOf = async (context: BrowserContext) =>
  (await context.cookies()).find(({ name }) => name === "__Host-lockstep")?.value;

it("a shared cache stores no page and gives no user another user's cookie", async () => {
  expect(pageCaching).toEqual(["private, no-cache", "private, no-cache"]);
  for (const [page, context, id] of [
    [old, contexts[0]!, ONE],
    [young, contexts[1]!, TWO],
  ] as const) {
    expect(await page.getAttribute("meta[name=lockstep-version]", "content")).toBe(id);
    expect(await cookieOf(context)).toBe(id);
  }
});

it.each(["shared-max-age", "max-age", "stale", "etag", "heuristic", "vary"])(
  "a shared cache gives each page the response of its own version, with caching by %s",
  async (kind) => {
    for (const [page, id] of [
      [young, TWO],
      [old, ONE],
      [young, TWO],
    ] as const)
      expect(await served(page, `/api/${kind}`)).toBe(id);
  },
);

it("a shared cache stores no response that only a cookie pinned", async () => {
  const byCookie = (context: BrowserContext) =>
    context.request
      .get(`${cache.url}/api/shared-max-age`)
      .then(async (response) => (await response.json()).served);
  expect([await byCookie(contexts[0]!), await byCookie(contexts[1]!)]).toEqual([ONE, TWO]);
});

it("a shared cache stores shared files and responses with a pin in their address", async () => {
  const before = cache.hits;
  const context = await stage.profile();
  const page = await context.newPage();
  await page.goto(`${cache.url}/`);
  expect(await served(page, "/api/shared-max-age")).toBe(TWO);
  expect(cache.hits).toBeGreaterThan(before + 1);
  await context.close();
});
