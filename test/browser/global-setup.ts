import type { TestProject } from "vitest/node";
import { findBrowser } from "./find-browser.ts";
import { type Engines, findEngines, missingEngines } from "./find-engines.ts";

/**
 * Before any test: finds the browsers, or installs them, outside the timeout of every test, and prints which. Without Chromium
 * nothing runs. Without Firefox or WebKit a run in CI fails; elsewhere their tests are left out with a warning.
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
