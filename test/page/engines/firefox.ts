import puppeteer, { type BrowserContext, type ElementHandle, type Page } from "puppeteer-core";
import type { Engine, EngineOptions, Profile, Tab } from "./engine.ts";

/** Value of `network.cookie.cookieBehavior` that blocks cookies and storage. */
const REJECT_ALL = 2;

/** Starts Firefox, driven by WebDriver BiDi. `page.goBack()` hangs; call `history.back()` in the page instead. */
export async function launchFirefox(executablePath: string, options: EngineOptions = {}): Promise<Engine> {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    extraPrefsFirefox: options.cookies === "blocked" ? { "network.cookie.cookieBehavior": REJECT_ALL } : {},
  });
  return {
    name: "firefox",
    version: (await browser.version()).replace(/^firefox\//i, ""),
    profile: async () => profileOf(await browser.createBrowserContext()),
    close: () => browser.close(),
  };
}

function profileOf(context: BrowserContext): Profile {
  return {
    async open(address) {
      const tab = tabOf(await context.newPage({ type: "window" }));
      await tab.goto(address);
      return tab;
    },
    close: () => context.close(),
  };
}

function tabOf(page: Page): Tab {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return {
    goto: async (address) => void (await page.goto(address)),
    evaluate: (act, ...args) => page.evaluate(`(${act})(...${JSON.stringify(args)})`) as never,
    async click(find) {
      const handle = await page.evaluateHandle(find);
      await (handle.asElement() as ElementHandle<Element>).click();
    },
    errors: async () => errors,
    close: () => page.close(),
  };
}
