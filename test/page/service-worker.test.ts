import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { docExample } from "./doc-examples.ts";
import { FIXTURE } from "./fixture-build.ts";
import { ONE, openStage, openTab, type Stage, served, status, TWO } from "./stage.ts";

// Runs the service worker of docs/page.md unchanged.
let stage: Stage;
let publicDir: string;
let context: BrowserContext;

beforeAll(async () => {
  publicDir = await mkdtemp(join(tmpdir(), "lockstep-worker-"));
  await writeFile(join(publicDir, "service-worker.js"), await docExample("service-worker.js"));
  stage = await openStage({ versions: [] });
  for (const id of [ONE, TWO]) await stage.release(id, { root: FIXTURE, publicDir });
  await stage.promote(ONE);
});
afterAll(async () => {
  await stage?.close();
  await rm(publicDir, { recursive: true, force: true });
});
beforeEach(async () => {
  stage.api.seen.length = 0;
});

describe("the service worker in docs/page.md", () => {
  it("keeps the pin of each page, and sends its own requests with the version of their page", async () => {
    const old = await openControlled();
    await stage.point(TWO);
    const young = await openTab(stage, context);
    expect(await old.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    expect([await served(old), await served(young)]).toEqual([ONE, TWO]);
    for (const [tab, id] of [
      [old, ONE],
      [young, TWO],
    ] as const) {
      await tab.evaluate(() => {
        const { version } = window.lockstep;
        navigator.serviceWorker.controller!.postMessage({ send: "/api/who?worker", body: "{}", version });
      });
      await expect
        .poll(() => stage.api.seen.filter(({ url }) => url === "/api/who?worker").at(-1)?.version)
        .toBe(id);
    }
    await context.close();
  });

  it("serves the current page with a network, also for deep links, and its cached shell without one", async () => {
    const page = await openControlled();
    await stage.point(TWO);
    await page.goto(`${stage.url}/deep/link`);
    expect(await versionOf(page)).toBe(TWO);
    expect((await context.cookies())[0]?.value).toBe(TWO);
    await context.setOffline(true);
    await page.goto(`${stage.url}/other`, { waitUntil: "commit" });
    await expect.poll(() => versionOf(page)).toBe(TWO); // not ONE, which was cached before
    await context.setOffline(false);
    await context.close();
  });

  it("lets a page from its cache learn that it is gone, and reload to the current version", async () => {
    const page = await openControlled();
    await context.setOffline(true);
    await page.goto(`${stage.url}/offline`, { waitUntil: "commit" });
    expect(await versionOf(page)).toBe(ONE);
    await stage.promote(TWO);
    await stage.retire(ONE);
    await context.setOffline(false);
    await page.evaluate(() => fetch("/api/who"));
    await status(page, "gone");
    const loaded = page.waitForEvent("load");
    await page.evaluate(() => void window.lockstep.reload());
    await loaded;
    expect(await versionOf(page)).toBe(TWO);
    expect(await served(page)).toBe(TWO);
    await context.close();
  });
});

/** Opens a tab of ONE that the service worker controls and has cached. */
async function openControlled(): Promise<Page> {
  await stage.point(ONE);
  context = await stage.profile();
  const page = await openTab(stage, context);
  await page.evaluate(async () => {
    const controlled = new Promise((resolve) =>
      navigator.serviceWorker.addEventListener("controllerchange", resolve),
    );
    await navigator.serviceWorker.register("/service-worker.js");
    await controlled;
  });
  await page.reload();
  expect(await versionOf(page)).toBe(ONE);
  return page;
}

function versionOf(tab: Page): Promise<string | null> {
  return tab.getAttribute("meta[name=lockstep-version]", "content");
}
