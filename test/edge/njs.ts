import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The keys and values of the KeyValueStore. */
export type Store = Record<string, string>;

/**
 * Version of `njs` (a Debian package), the available engine that is closest to CloudFront's. Without it a run in CI fails;
 * elsewhere the tests run in the sandbox alone, with a warning.
 */
export const njsVersion: string | undefined = spawnSync("njs", ["-v"], { encoding: "utf8" }).stdout?.trim();
if (!njsVersion) {
  const message =
    "The edge functions do not run in njs: it is not installed. Install it with: apt-get install njs";
  if (process.env.CI) throw new Error(message);
  console.warn(`WARNING: ${message}`);
}

/** njs never frees memory: this makes a function that needs too much fail instead of the machine. */
const NJS_MEMORY_KB = 2_000_000;
const NJS_TIMEOUT_MS = 60_000;

/** Runs a function as built over all events in one njs process; returns the answers in order. */
export function inNjs(code: string, events: unknown[], store: Store = {}): any[] {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-njs-"));
  try {
    writeFileSync(join(folder, "cloudfront"), njsCloudfront(store));
    writeFileSync(join(folder, "main.js"), `${code}\n${njsMain(events)}`);
    const run = spawnSync("sh", ["-c", `ulimit -v ${NJS_MEMORY_KB}; exec njs -s -u -p . main.js`], {
      cwd: folder,
      timeout: NJS_TIMEOUT_MS,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const lines = run.stdout.split("\n").filter((line) => line !== "");
    if (lines.at(-1) !== ".done") throw new Error(`njs: ${(run.stderr + run.stdout).slice(-2000)}`);
    // The functions' own log lines have no dot at the start.
    const text = lines
      .slice(0, -1)
      .filter((line) => line.startsWith("."))
      .map((line) => line.slice(1))
      .join("");
    return JSON.parse(`[${decodeURIComponent(text).slice(0, -1)}]`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function njsCloudfront(store: Store): string {
  return `
    const store = ${JSON.stringify(store)};
    function get(key) {
      return store[key] === undefined ? Promise.reject(new Error('KeyNotFound')) : Promise.resolve(store[key]);
    }
    export default { kvs: function () { return { get: get }; } };`;
}

function njsMain(events: unknown[]): string {
  // An ASCII string literal does not depend on the encoding with which njs reads the file.
  const text = JSON.stringify(JSON.stringify(events)).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  // njs cuts a line of output off at 2,048 bytes, and omits empty lines.
  return `
    async function everything() {
      const events = JSON.parse(${text});
      for (let i = 0; i < events.length; i++) {
        const answer = await handler(events[i]);
        const line = encodeURIComponent(JSON.stringify(answer) + ',');
        for (let at = 0; at < line.length; at += 2000) console.log('.' + line.substring(at, at + 2000));
      }
      console.log('.done');
    }
    everything().catch(function (error) { console.log('failed: ' + error.stack); });`;
}
