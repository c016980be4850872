import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs of the engines besides Chromium. A missing engine is `undefined`, and the setup reports it. */
export interface Engines {
  firefox: string | undefined;
  webkit: { driver: string; display: string } | undefined;
}

const FIREFOX = [
  process.env.FIREFOX_PATH,
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
  "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
];
const PACKAGES = { firefox: ["firefox-esr"], webkit: ["webkit2gtk-driver", "xvfb"] };

/** Finds Firefox and WebKitGTK. Installs missing ones with apt-get if this is root. */
export function findEngines(): Engines {
  const found = installed();
  const missing = missingEngines(found).flatMap((name) => PACKAGES[name]);
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return found;
  console.log(`Installing Debian's ${missing.join(", ")} with apt-get …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore", env });
  spawnSync("apt-get", ["install", "-y", "-qq", ...missing], { stdio: "ignore", env });
  return installed();
}

/** Returns the names of the missing engines. */
export function missingEngines(found: Engines): (keyof Engines)[] {
  return (["firefox", "webkit"] as const).filter((name) => found[name] === undefined);
}

function installed(): Engines {
  const driver = onPath("WebKitWebDriver");
  const display = onPath("Xvfb");
  return {
    firefox: FIREFOX.find((path) => path !== undefined && existsSync(path)),
    webkit: driver && display ? { driver, display } : undefined,
  };
}

function onPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
