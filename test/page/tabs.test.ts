import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OtherSite, startOtherSite } from "./other-site.ts";
import { FOUR, ONE, openStage, openTab, type Stage, served, status, THREE, TWO } from "./stage.ts";

const ALL = [ONE, TWO, THREE, FOUR];

let stage: Stage;
/** Another site (127.0.0.1 instead of localhost), where users log in. */
let login: { url: string; close(): Promise<void> };
let context: BrowserContext;

beforeAll(async () => {
  stage = await openStage();
  login = await startLogin(() => stage.url);
});
afterAll(async () => {
  await stage?.close();
  await login?.close();
});
beforeEach(async () => {
  await stage.point(ONE);
  context = await stage.profile();
});
afterEach(() => context.close());

describe("tabs of one browser", () => {
  it("two tabs of two versions are each answered by their own version, in any order of opens and reloads", async () => {
    const a = await openAs(ONE);
    const b = await openAs(TWO);
    expect([await served(a), await served(b)]).toEqual([ONE, TWO]);
    await stage.point(THREE);
    await b.reload();
    expect([await served(a), await served(b), await served(a)]).toEqual([ONE, THREE, ONE]);
  });

  it("twenty concurrent tabs of four versions are each answered by their own version", async () => {
    const tabs: { tab: Page; id: string }[] = [];
    for (let n = 0; n < 20; n++) {
      const id = ALL[n % ALL.length]!;
      tabs.push({ tab: await openAs(id), id });
    }
    const answers = await Promise.all(
      tabs.map(async ({ tab, id }) => ({
        id,
        got: await tab.evaluate(async () => {
          const ask = async () => (await (await fetch("/api/who")).json()).served;
          const socket = new WebSocket("/api/socket");
          const held = new Promise((resolve) => {
            socket.onmessage = ({ data }) => resolve(JSON.parse(data).served);
          });
          return [await ask(), await ask(), await held];
        }),
      })),
    );
    for (const { id, got } of answers) expect(got).toEqual([id, id, id]);
  });

  it("a login popup that visits another site affects no other tab", async () => {
    const a = await openAs(ONE);
    await stage.point(TWO);
    const [popup] = await Promise.all([
      context.waitForEvent("page"),
      a.evaluate((address) => void window.open(address), `${login.url}/start`),
    ]);
    await popup.waitForURL(`${stage.url}/back?code=1`);
    expect(await served(popup)).toBe(TWO);
    expect(await served(a)).toBe(ONE);
    await popup.close();
    expect(await served(a)).toBe(ONE);
  });

  it("a tab that returns from a login on another site has the version that it loads then", async () => {
    const a = await openAs(ONE);
    const b = await openAs(ONE);
    await stage.point(TWO);
    await a.goto(`${login.url}/start`);
    await a.waitForURL(`${stage.url}/back?code=1`);
    expect(await a.getAttribute("meta[name=lockstep-version]", "content")).toBe(TWO);
    expect([await served(a), await served(b)]).toEqual([TWO, ONE]);
  });

  it("a link from another site (SameSite) loads a page with its own version", async () => {
    const a = await openAs(ONE);
    await stage.point(TWO);
    const b = await context.newPage();
    await b.goto(`${login.url}/link`);
    await b.click("a");
    await b.waitForURL(`${stage.url}/deep/link`);
    expect([await served(b), await served(a)]).toEqual([TWO, ONE]);
  });
});

describe("one page load", () => {
  it("of a deep link is consistent: page, cookie, assets and API have one version", async () => {
    await stage.point(TWO);
    const page = await context.newPage();
    const failed: string[] = [];
    page.on("response", (response) => response.status() >= 400 && failed.push(response.url()));
    await page.goto(`${stage.url}/shop/lanterns/7?size=l#details`);
    expect(await page.getAttribute("meta[name=lockstep-version]", "content")).toBe(TWO);
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ value: TWO, path: "/" });
    expect(await served(page)).toBe(TWO);
    expect(await page.evaluate(() => window.loadLazy())).toBe("lazy");
    expect(failed.filter((address) => !address.endsWith("/favicon.ico"))).toEqual([]);
  });

  it("with two cookies of the same name, one of them old, is pinned by the page", async () => {
    // A browser can have a cookie of the site and a partitioned cookie with the same name.
    const { hostname } = new URL(stage.url);
    const base = {
      name: "__Host-lockstep",
      domain: hostname,
      path: "/",
      secure: true,
      sameSite: "None",
    } as const;
    await context.addCookies([
      { ...base, value: "garbage" },
      { ...base, value: ONE, partitionKey: "http://localhost" },
    ]);
    await stage.point(TWO);
    const page = await openTab(stage, context);
    expect(await page.getAttribute("meta[name=lockstep-version]", "content")).toBe(TWO);
    expect((await context.cookies()).map(({ value }) => value).sort()).toEqual([ONE, TWO]);
    expect(await served(page)).toBe(TWO);
  });

  it("from the back/forward cache is unchanged and pinned, and learns of a release in the meantime", async () => {
    const page = await openAs(ONE);
    await page.evaluate(() =>
      addEventListener("pageshow", (e) => Object.assign(window, { back: e.persisted })),
    );
    await stage.point(TWO);
    await page.goto(`${login.url}/link`);
    await (await openTab(stage, context)).close(); // moves the cookie
    await page.goBack({ waitUntil: "commit" });
    expect(await page.evaluate(() => (window as never as { back: boolean }).back)).toBe(true);
    expect(await served(page)).toBe(ONE);
    await status(page, "outdated");
  });

  it("that is prefetched affects no open page, and is pinned when it is shown", async () => {
    const profile = await stage.browser.newContext({ bypassCSP: true }); // speculation rules are inline
    await stage.point(ONE);
    const page = await openTab(stage, profile);
    await stage.point(TWO);
    await prefetch(page, "/ahead");
    expect((await profile.cookies())[0]?.value).toBe(ONE);
    expect(await served(page)).toBe(ONE);
    await stage.point(THREE);
    await page.evaluate(() => void location.assign("/ahead"));
    await page.waitForURL(`${stage.url}/ahead`);
    const delivery = await page.evaluate(() => {
      const [entry] = performance.getEntriesByType("navigation");
      return (entry as PerformanceNavigationTiming & { deliveryType: string }).deliveryType;
    });
    expect(delivery).toBe("navigational-prefetch");
    expect(await page.getAttribute("meta[name=lockstep-version]", "content")).toBe(TWO);
    expect(await served(page)).toBe(TWO);
    await status(page, "outdated");
    await profile.close();
  });
});

describe("a page with only the cookie", () => {
  /** Opens a page that cannot load the page script, like a page without the client. */
  async function openBare(id: string): Promise<Page> {
    await context.route(/\/assets\/lockstep-/, (route) => route.abort());
    await stage.point(id);
    return openTab(stage, context);
  }

  it("keeps its version during a release", async () => {
    const page = await openBare(ONE);
    await stage.promote(TWO);
    expect(await served(page)).toBe(ONE);
    await stage.promote(ONE);
  });

  it("changes its version when another tab moves the cookie", async () => {
    const page = await openBare(ONE);
    await openBare(TWO);
    expect(await served(page)).toBe(TWO);
  });
});

async function openAs(id: string): Promise<Page> {
  await stage.point(id);
  return openTab(stage, context);
}

/** Lets the browser prefetch a page, and waits until it has. */
async function prefetch(page: Page, address: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const done = new Promise<string>((resolve) => {
    devtools.on(
      "Preload.prefetchStatusUpdated",
      ({ status }) => /Ready|Failure/.test(status) && resolve(status),
    );
  });
  await devtools.send("Preload.enable");
  await page.evaluate((url) => {
    const rules = document.createElement("script");
    rules.type = "speculationrules";
    rules.text = JSON.stringify({ prefetch: [{ urls: [url], eagerness: "immediate" }] });
    document.head.append(rules);
  }, address);
  expect(await done).toBe("Ready");
  await devtools.detach();
}

/** Starts a site that acts like a login: it redirects a few times and back to the app. */
function startLogin(app: () => string): Promise<OtherSite> {
  return startOtherSite((request, response) => {
    if (request.url === "/link") {
      response.setHeader("content-type", "text/html");
      response.end(`<a href="${app()}/deep/link">to the app</a>`);
      return;
    }
    const location = request.url === "/start" ? "/consent" : `${app()}/back?code=1`;
    response.writeHead(302, { location }).end();
  });
}
