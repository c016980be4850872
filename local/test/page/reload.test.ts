import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ONE, openStage, openTab, type Stage, status, THREE, TWO } from "./stage.ts";

let stage: Stage;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());
beforeEach(async () => {
  await stage.point(ONE);
  context = await stage.profile();
  page = await openTab(stage, context);
  await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe(ONE);
});
afterEach(() => context.close());

describe("reload()", () => {
  it("brings the current version at the same path, query and hash", async () => {
    await page.goto(`${stage.url}/shop/7?x=1&y=a%20b#part`);
    await outdate();
    await reload(page);
    expect(page.url()).toBe(`${stage.url}/shop/7?x=1&y=a%20b#part`);
    expect(await versionOf(page)).toBe(TWO);
  });

  it("waits for what saves, reports what fails, and does not wait for ever", async () => {
    await page.clock.install();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.evaluate(() => {
      const { lockstep } = window;
      lockstep.onBeforeReload(async () => {
        await Promise.resolve();
        sessionStorage.saved = "yes";
      });
      lockstep.onBeforeReload(() => {
        throw new Error("no disk");
      });
      lockstep.onBeforeReload(() => new Promise(() => {}));
      const stop = lockstep.onBeforeReload(() => {
        sessionStorage.stopped = "no";
      });
      stop();
    });
    const loaded = page.waitForEvent("load");
    await page.evaluate(() => void window.lockstep.reload());
    await expect.poll(() => errors).toEqual(["no disk"]);
    await page.clock.runFor(3000);
    await loaded;
    expect(await page.evaluate(() => ({ ...sessionStorage }))).toMatchObject({ saved: "yes" });
    expect(await page.evaluate(() => sessionStorage.stopped)).toBeUndefined();
  });
});

describe("a draft", () => {
  it("survives the reload, with its events, once, and without the password", async () => {
    await page.evaluate(() => window.keepForm(window.lockstep, document.querySelector("form")!));
    await page.fill("[name=title]", "Lanterns");
    await page.fill("[name=text]", "two\nlines");
    await page.selectOption("[name=color]", "blue");
    await page.check("[name=agreed]");
    await page.fill("[name=secret]", "secret");
    await outdate();
    await reload(page);
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("secret");
    const events = await page.evaluate(() => {
      const heard: string[] = [];
      document.addEventListener("input", (event) => heard.push((event.target as HTMLInputElement).name));
      window.keepForm(window.lockstep, document.querySelector("form")!);
      return heard;
    });
    expect(events).toEqual(["title", "text", "color", "agreed"]);
    expect(await values()).toEqual(["Lanterns", "two\nlines", "blue", true, ""]);
    await page.reload();
    await page.evaluate(() => window.keepForm(window.lockstep, document.querySelector("form")!));
    expect(await values()).toEqual(["", "", "red", false, ""]);
  });

  it("needs a name", async () => {
    const failing = page.evaluate(
      () => void window.keepForm(window.lockstep, document.createElement("form")),
    );
    await expect(failing).rejects.toThrow("keepForm() needs a key, or a form with an id or a name");
  });

  function values(): Promise<unknown[]> {
    return page.evaluate(() => {
      const { title, text, color, agreed, secret } = document.querySelector("form")!
        .elements as never as Record<string, HTMLInputElement>;
      return [title!.value, text!.value, color!.value, agreed!.checked, secret!.value];
    });
  }
});

describe("reloads that bring the old version back", () => {
  /** An old page that something in between serves again and again. */
  async function freeze(): Promise<void> {
    const old = await (await fetch(`${stage.url}/`, { headers: { accept: "text/html" } })).text();
    await context.route(`${stage.url}/`, (route) =>
      route.fulfill({
        body: old,
        contentType: "text/html",
        headers: { "content-security-policy": "default-src 'self'" },
      }),
    );
    await stage.point(TWO);
  }

  it("are tried twice, then a message says so instead", async () => {
    await freeze();
    for (let n = 0; n < 2; n++) {
      await outdate();
      await reload(page);
      expect(await versionOf(page)).toBe(ONE);
    }
    await outdate();
    await page.evaluate(() => window.lockstep.reload());
    expect(await page.getByRole("alert").textContent()).toMatch(/^This page could not be updated/);
    await page.evaluate(() => window.lockstep.reload());
    expect(await page.getByRole("alert").count()).toBe(1);
  });

  it("end in the app's own words, if it has some", async () => {
    await freeze();
    for (let n = 0; n < 2; n++) {
      await outdate();
      await reload(page);
    }
    await outdate();
    await page.evaluate(() => {
      window.lockstep.onStuck(() => {
        document.title = "stuck";
      });
      return window.lockstep.reload();
    });
    expect(await page.title()).toBe("stuck");
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("are counted anew once a version has arrived", async () => {
    await freeze();
    for (let n = 0; n < 2; n++) {
      await outdate();
      await reload(page);
    }
    await context.unroute(`${stage.url}/`);
    await page.reload();
    expect(await versionOf(page)).toBe(TWO);
    await status(page, "current");
    await stage.point(THREE);
    await page.evaluate(() => window.lockstep.check());
    await reload(page);
    expect(await versionOf(page)).toBe(THREE);
  });

  it.each([
    ["with storage", ""],
    ["with storage that the app clears at every start", "sessionStorage.clear();"],
    [
      "with storage blocked",
      "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });",
    ],
  ])("by themselves end after a few: %s", async (_how, start) => {
    const loads: number[] = [];
    await context.addInitScript(
      `${start} addEventListener("load", () => window.lockstep.setPolicy("immediate"));`,
    );
    await freeze();
    page.on("load", () => loads.push(loads.length));
    await page.goto(stage.url);
    await expect.poll(() => page.getByRole("alert").count()).toBe(1);
    expect(loads.length).toBeGreaterThan(1);
    expect(loads.length).toBeLessThanOrEqual(3);
    const before = loads.length;
    await page.evaluate(() => window.lockstep.check()); // and no news starts it again
    await stage.point(THREE);
    await page.evaluate(() => window.lockstep.check());
    expect(loads.length).toBe(before);
  });
});

describe("policy", () => {
  it("prompt reloads nothing by itself, gone or not", async () => {
    await page.evaluate(() => Object.assign(window, { same: true }));
    await outdate();
    await stage.point(TWO, { floor: TWO });
    await page.evaluate(() => window.lockstep.check());
    await status(page, "gone");
    expect(await page.evaluate(() => "same" in window)).toBe(true);
  });

  it("immediate reloads at once", async () => {
    await page.evaluate(() => window.lockstep.setPolicy("immediate"));
    const loaded = page.waitForEvent("load");
    await stage.point(TWO);
    await page.evaluate(() => void window.lockstep.check());
    await loaded;
    expect(await versionOf(page)).toBe(TWO);
  });

  it("idle reloads when the tab is hidden and nothing typed is unsent", async () => {
    await page.evaluate(() => window.lockstep.setPolicy("idle"));
    await outdate();
    expect(await versionOf(page)).toBe(ONE); // somebody looks at it
    await page.fill("[name=title]", "typed");
    await hide();
    expect(await versionOf(page)).toBe(ONE); // something would be lost
    await page.evaluate(() => document.querySelector("form")!.reset());
    const loaded = page.waitForEvent("load");
    await hide();
    await loaded;
    expect(await versionOf(page)).toBe(TWO);
  });

  /** As a browser does with a tab in the background; a headless one shows them all. */
  function hide(): Promise<void> {
    return page.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
  }
});

describe("a lazy chunk", () => {
  it("of an old version is still there, since all versions share hashed files", async () => {
    await outdate();
    expect(await page.evaluate(() => window.loadLazy())).toBe("lazy");
  });

  it("that went with its version makes the page gone, once, and the app hears the error as ever", async () => {
    await outdate();
    await loseLazy();
    await expect(page.evaluate(() => window.loadLazy())).rejects.toThrow(
      "Failed to fetch dynamically imported module",
    );
    await status(page, "gone");
    expect(await versionOf(page)).toBe(ONE); // the policy is prompt
    await reload(page);
    expect(await versionOf(page)).toBe(TWO);
  });

  it("that went with its version leads to the new one under policy immediate", async () => {
    await page.evaluate(() => window.lockstep.setPolicy("immediate"));
    await stage.point(TWO);
    await loseLazy();
    const loaded = page.waitForEvent("load");
    await page.evaluate(() => void window.loadLazy().catch(() => {}));
    await loaded;
    expect(await versionOf(page)).toBe(TWO);
  });

  it("that is missing while this version is current is the network's fault: nothing is gone", async () => {
    await loseLazy();
    await expect(page.evaluate(() => window.loadLazy())).rejects.toThrow();
    await page.evaluate(() => window.lockstep.check());
    expect(await page.evaluate(() => window.lockstep.status)).toBe("current");
  });

  function loseLazy(): Promise<unknown> {
    return context.route(/\/assets\/lazy-/, (route) => route.fulfill({ status: 403 }));
  }
});

/** Another version becomes current, and the page hears of it. */
async function outdate(): Promise<void> {
  await stage.point(TWO);
  await page.evaluate(() => window.lockstep.check());
  await status(page, "outdated");
}

async function reload(tab: Page): Promise<void> {
  const loaded = tab.waitForEvent("load");
  await tab.evaluate(() => void window.lockstep.reload());
  await loaded;
}

function versionOf(tab: Page): Promise<string | null> {
  return tab.getAttribute("meta[name=lockstep-version]", "content");
}
