import { VERSION_COOKIE } from "@lockstep/edge/names";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ONE, openShop, type Shop, TWO } from "./shop.ts";

// A browser revalidates a page that it has cached. The page that it shows and its cookie always belong to one version.

let shop: Shop;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Status of the edge's answer to the last navigation. The browser itself reports a 304 as a 200. */
let onTheWire: number | undefined;

beforeAll(async () => {
  shop = await openShop();
  browser = await chromium.launch({
    executablePath: inject("browserPath"),
    args: ["--no-sandbox", "--disable-quic"],
  });
  context = await browser.newContext();
  page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  const documents = new Set<string>();
  devtools.on("Network.requestWillBeSent", ({ type, requestId }) => {
    if (type === "Document") documents.add(requestId);
  });
  devtools.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => {
    if (documents.has(requestId)) onTheWire = statusCode;
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

/** Loads the page. Returns the edge's status, the title that the browser shows, and the cookie that it then has. */
async function load() {
  onTheWire = undefined;
  await page.goto(`${shop.url}/deep/link`);
  await expect.poll(() => onTheWire).toBeDefined();
  const cookie = (await context.cookies()).find(({ name }) => name === VERSION_COOKIE)?.value;
  return { status: onTheWire, shown: await page.title(), cookie };
}

describe("a page in a browser's cache", () => {
  it("gets a 304 while its cookie is right", async () => {
    await shop.promote(ONE);
    expect(await load()).toEqual({ status: 200, shown: ONE, cookie: ONE });
    expect(await load()).toEqual({ status: 304, shown: ONE, cookie: ONE });
  });

  it("is sent in full, with its cookie, after the cookie was lost", async () => {
    await context.clearCookies();
    expect(await load()).toEqual({ status: 200, shown: ONE, cookie: ONE });
    expect(await load()).toEqual({ status: 304, shown: ONE, cookie: ONE });
  });

  it("is replaced by the next version, and by the old one after a rollback", async () => {
    await shop.promote(TWO);
    expect(await load()).toEqual({ status: 200, shown: TWO, cookie: TWO });
    await shop.promote(ONE);
    expect(await load()).toEqual({ status: 200, shown: ONE, cookie: ONE });
  });

  it("is sent in full if the browser has an old cookie", async () => {
    await context.addCookies([
      {
        name: VERSION_COOKIE,
        value: TWO,
        url: shop.url.replace("http:", "https:"),
        secure: true,
        httpOnly: true,
      },
    ]);
    expect(await load()).toEqual({ status: 200, shown: ONE, cookie: ONE });
  });
});
