import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";

/** Usual paths of an installed Chromium. */
const INSTALLED = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

export interface Browser {
  path: string;
  /** How it was found, for the log. */
  how: string;
}

/**
 * Finds a Chromium, or installs one: with Playwright's download, else with Debian's package if this is root.
 *
 * @throws with the next step if none can be installed
 */
export function findBrowser(): Browser {
  return (
    installed("installed") ??
    downloaded("downloaded before by Playwright") ??
    downloadByPlaywright() ??
    installByApt() ??
    fail()
  );
}

function installed(how: string): Browser | undefined {
  const path = INSTALLED.find((candidate) => candidate !== undefined && existsSync(candidate));
  return path === undefined ? undefined : { path, how };
}

function downloaded(how: string): Browser | undefined {
  const path = chromium.executablePath();
  return existsSync(path) ? { path, how } : undefined;
}

function downloadByPlaywright(): Browser | undefined {
  console.log("No Chromium is installed; asking Playwright to download one …");
  const cli = join(dirname(createRequire(import.meta.url).resolve("playwright-core/package.json")), "cli.js");
  const run = spawnSync(process.execPath, [cli, "install", "chromium"], {
    stdio: "ignore",
    timeout: 180_000,
  });
  return run.status === 0 ? downloaded("downloaded by Playwright just now") : undefined;
}

function installByApt(): Browser | undefined {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  console.log("Installing Debian's chromium with apt-get …");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore", env });
  const run = spawnSync("apt-get", ["install", "-y", "-qq", "chromium"], { stdio: "ignore", env });
  return run.status === 0 ? installed("installed by apt-get just now") : undefined;
}

function fail(): never {
  throw new Error(
    "The browser tests need a Chromium and none could be installed. Install one and name it: CHROMIUM_PATH=/path/to/chromium npm test",
  );
}
