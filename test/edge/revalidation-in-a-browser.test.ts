import { VERSION_COOKIE } from "@lockstep/edge/names";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ONE, openShop, type Shop, TWO } from "./shop.ts";

// A browser that holds a page revalidates it. Whatever it holds, the page that it shows and its cookie are of one version.

let shop: Shop;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the edge answered to the last navigation: a 304 that the browser turns into the page it holds still counts as one. */
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

/** Loads the page, and says what the edge answered, what is shown, and what cookie is held then. */
async function load() {
  onTheWire = undefined;
  await page.goto(`${shop.url}/deep/link`);
  await expect.poll(() => onTheWire).toBeDefined();
  const cookie = (await context.cookies()).find(({ name }) => name === VERSION_COOKIE)?.value;
  return { status: onTheWire, shown: await page.title(), cookie };
}

describe("a page that a browser holds", () => {
  it("is answered 304 while its cookie is right", async () => {
    await shop.promote(ONE);
    expect(await load()).toEqual({ status: 200, shown: ONE, cookie: ONE });
    expect(await load()).toEqual({ status: 304, shown: ONE, cookie: ONE });
  });

  it("comes in full, with its cookie, when the cookie is lost", async () => {
    await context.clearCookies();
    expect(await load()).toEqual({ status: 200, shown: ONE, cookie: ONE });
    expect(await load()).toEqual({ status: 304, shown: ONE, cookie: ONE });
  });

  it("makes place for the next version, and for the old one again after a rollback", async () => {
    await shop.promote(TWO);
    expect(await load()).toEqual({ status: 200, shown: TWO, cookie: TWO });
    await shop.promote(ONE);
    expect(await load()).toEqual({ status: 200, shown: ONE, cookie: ONE });
  });

  it("comes in full when another tab, or nobody's code, left an old cookie", async () => {
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
