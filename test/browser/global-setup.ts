import type { TestProject } from "vitest/node";
import { findBrowser } from "./find-browser.ts";
import { type Engines, findEngines, missingEngines } from "./find-engines.ts";

/**
 * Finds or installs the browsers before any test, outside the tests' timeouts, and prints them. Throws without Chromium.
 * Without Firefox or WebKit it throws in CI; elsewhere it warns, and their tests are left out.
 */
export default function setup(project: TestProject): void {
  const { path, how } = findBrowser();
  console.log(`Browser: ${path} (${how})`);
  project.provide("browserPath", path);
  const engines = findEngines();
  console.log(
    `Other engines: ${engines.firefox ?? "no Firefox"}, ${engines.webkit?.driver ?? "no WebKitWebDriver with Xvfb"}`,
  );
  project.provide("engines", engines);
  const missing = missingEngines(engines);
  if (missing.length === 0) return;
  const message = `The page tests do not run in ${missing.join(" and ")}. Install Debian's firefox-esr, webkit2gtk-driver and xvfb, or set FIREFOX_PATH=/path/to/firefox.`;
  if (process.env.CI) throw new Error(message);
  console.warn(`WARNING: ${message}`);
}

declare module "vitest" {
  interface ProvidedContext {
    browserPath: string;
    engines: Engines;
  }
}
