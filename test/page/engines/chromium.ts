import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Engine, EngineOptions, Profile, Tab } from "./engine.ts";

const ARGS = ["--no-sandbox", "--disable-quic"];
/** `CONTENT_SETTING_BLOCK` of Chromium's content settings. */
const BLOCK = 2;

/** Returns the Chromium of a stage. The stage closes it. */
export function chromiumOf(browser: Browser): Engine {
  return {
    name: "chromium",
    version: browser.version(),
    profile: async () => profileOf(await browser.newContext()),
    close: async () => {},
  };
}

/** Starts a Chromium with its own settings and a single profile. */
export async function launchChromium(
  executablePath: string,
  options: EngineOptions & { args?: readonly string[] } = {},
): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-chromium-"));
  await mkdir(join(folder, "Default"));
  const settings = options.cookies === "blocked" ? { cookies: BLOCK } : {};
  const preferences = { profile: { default_content_setting_values: settings } };
  await writeFile(join(folder, "Default", "Preferences"), JSON.stringify(preferences));
  const args = [...ARGS, ...(options.args ?? [])];
  const context = await chromium.launchPersistentContext(folder, { executablePath, args });
  return {
    name: "chromium",
    version: context.browser()?.version() ?? "",
    profile: async () => ({ ...profileOf(context), close: async () => {} }),
    async close() {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function profileOf(context: BrowserContext): Profile {
  return {
    async open(address) {
      const tab = tabOf(await context.newPage());
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
    evaluate: (act, ...args) =>
      page.evaluate(`(${act})(...${JSON.stringify(args)})`) as ReturnType<Tab["evaluate"]> as never,
    async click(find) {
      const handle = await page.evaluateHandle(find);
      await handle.asElement()!.click();
    },
    errors: async () => errors,
    close: () => page.close(),
  };
}
