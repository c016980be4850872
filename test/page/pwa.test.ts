import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { VitePWA, type VitePWAOptions } from "vite-plugin-pwa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { FIXTURE } from "./fixture-build.ts";
import { FOUR, ONE, openStage, openTab, type Stage, served, status, THREE, TWO } from "./stage.ts";

// vite-plugin-pwa generates a service worker that precaches the app shell and serves it for every navigation. Each of
// its ways to update gets two releases.
interface Variant {
  title: string;
  options: Partial<VitePWAOptions>;
  old: string;
  young: string;
  /** Target of a link to a service path. The worker answers every navigation that its options do not exclude. */
  linkLeadsTo: "the app" | "the API";
}

const VARIANTS: Variant[] = [
  { title: "prompt (its default)", options: {}, old: ONE, young: TWO, linkLeadsTo: "the app" },
  {
    title: "autoUpdate",
    options: { registerType: "autoUpdate", workbox: { navigateFallbackDenylist: [/^\/api\//] } },
    old: THREE,
    young: FOUR,
    linkLeadsTo: "the API",
  },
];

let temporary: string;
let stage: Stage;
let context: BrowserContext;

beforeAll(async () => {
  // The plugin's library leaves a folder behind for each build.
  temporary = await mkdtemp(join(tmpdir(), "lockstep-pwa-"));
  vi.stubEnv("TMPDIR", temporary);
  stage = await openStage({ versions: [], csp: "default-src 'self'" });
  for (const { options, old, young } of VARIANTS)
    for (const id of [old, young]) await stage.release(id, { root: FIXTURE, plugins: [VitePWA(options)] });
});
afterAll(async () => {
  await stage?.close();
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true });
});
beforeEach(async () => {
  context = await stage.profile();
});
afterEach(() => context.close());

describe.each(VARIANTS)(
  "a page under the service worker of vite-plugin-pwa, $title",
  ({ old, young, linkLeadsTo }) => {
    it("reaches the new version within two reloads", async () => {
      const page = await openControlled(old);
      await stage.promote(young);
      expect(await reloads(page, young)).toBeLessThanOrEqual(2);
      expect(await served(page)).toBe(young);
      await status(page, "current");
    });

    it("is pinned, and a link to the API leads where docs/page.md says", async () => {
      const page = await openControlled(old);
      await stage.promote(young);
      await (await openTab(stage, context)).close();
      expect(await served(page)).toBe(old);
      await page.click("#link");
      await page.waitForURL(/api\/page/);
      const api = (await page.locator("#served").count()) === 1 && (await page.textContent("#served"));
      expect(api).toBe(linkLeadsTo === "the API" && old);
    });

    it("reaches the new version while another open tab keeps the old one", async () => {
      const page = await openControlled(old);
      const other = await openTab(stage, context);
      await stage.promote(young);
      expect(await reloads(page, young)).toBeLessThanOrEqual(2);
      expect([await served(page), await served(other)]).toEqual([young, old]);
      expect(await other.evaluate(() => window.loadLazy())).toBe("lazy");
      expect(await versionOf(other)).toBe(old);
    });
  },
);

/** Opens a page of this version that the service worker controls and serves from its precache. */
async function openControlled(id: string): Promise<Page> {
  await stage.promote(id);
  const page = await openTab(stage, context);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  expect(await page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  expect(await versionOf(page)).toBe(id);
  return page;
}

/** Returns how many calls of `lockstep.reload()` bring the version. Tries three at most. */
async function reloads(page: Page, wanted: string): Promise<number> {
  for (let count = 1; count <= 3; count++) {
    await page.evaluate(() => window.lockstep.check());
    await status(page, "outdated");
    const loaded = page.waitForEvent("load");
    await page.evaluate(() => void window.lockstep.reload());
    await loaded;
    if ((await versionOf(page)) === wanted) return count;
  }
  return Number.POSITIVE_INFINITY;
}

function versionOf(page: Page): Promise<string | undefined> {
  return page.evaluate(() => window.lockstep.version);
}
