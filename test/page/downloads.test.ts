import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ONE, openStage, type Stage, THREE, TWO } from "./stage.ts";

// Builds a copy of the app that ships with Lockstep, in which a test can change a line.
const WEB = fileURLToPath(new URL("../../web", import.meta.url));

let stage: Stage;
let root: string;
let context: BrowserContext;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lockstep-web-"));
  for (const name of ["index.html", "src", "public"])
    await cp(join(WEB, name), join(root, name), { recursive: true });
  await symlink(join(WEB, "node_modules"), join(root, "node_modules"));
  stage = await openStage({ versions: [] });
  await release(ONE);
  await stage.promote(ONE);
  context = await stage.profile();
});
afterAll(async () => {
  await stage?.close();
  await rm(root, { recursive: true, force: true });
});

describe("a returning browser", () => {
  let whole: number;

  it("downloads every file once", async () => {
    const files = await downloads();
    expect(files.map(({ path }) => path.replace(/-[\w-]{8}\./, ".")).sort()).toEqual([
      "/assets/index.css",
      "/assets/index.js",
      "/assets/lockstep.js",
      "/assets/vendor.js",
    ]);
    whole = bytesOf(files);
    expect(whole).toBeGreaterThan(60_000);
  });

  it("downloads no JavaScript and no CSS after a release that changed only the API", async () => {
    await release(TWO);
    await stage.promote(TWO);
    expect(await downloads()).toEqual([]);
  });

  it("downloads less than 5 % of the bytes after a change in one line", async () => {
    const file = join(root, "src", "notice.tsx");
    const source = await readFile(file, "utf8");
    await writeFile(
      file,
      source.replace("You are on the newest version.", "You are on the very newest version."),
    );
    await release(THREE);
    await stage.promote(THREE);
    const files = await downloads();
    expect(files.map(({ path }) => path.replace(/-[\w-]{8}\./, "."))).toEqual(["/assets/index.js"]);
    const share = bytesOf(files) / whole;
    console.log(`One line: ${bytesOf(files)} of ${whole} bytes, ${(100 * share).toFixed(1)} %.`);
    expect(share).toBeLessThan(0.05);
  });
});

function release(id: string): Promise<void> {
  const define = { __DEMO_CONTRACT__: '"1"' };
  return stage.release(id, { root, define, oxc: { jsx: { runtime: "automatic" } } });
}

interface Download {
  path: string;
  /** Compressed size, as transferred over the network. */
  bytes: number;
}

/** Loads the page and returns the JavaScript and CSS files that the browser downloaded. */
async function downloads(): Promise<Download[]> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  const files = new Map<string, Download & { cached: boolean }>();
  devtools.on("Network.responseReceived", ({ requestId, response, type }) => {
    if (type !== "Script" && type !== "Stylesheet") return;
    const { pathname } = new URL(response.url);
    files.set(requestId, { path: pathname, bytes: 0, cached: response.fromDiskCache === true });
  });
  devtools.on("Network.requestServedFromCache", ({ requestId }) => {
    const file = files.get(requestId);
    if (file) file.cached = true;
  });
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const file = files.get(requestId);
    if (file) file.bytes = encodedDataLength;
  });
  await page.goto(stage.url, { waitUntil: "load" });
  await page.getByTestId("page-version").waitFor();
  await page.close();
  return [...files.values()].filter(({ cached }) => !cached).map(({ path, bytes }) => ({ path, bytes }));
}

function bytesOf(files: readonly Download[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
