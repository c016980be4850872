import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as vite8 from "vite";
import * as vite7 from "vite7";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FileManifest } from "../src/build/file-manifest.ts";
import { type LockstepPluginOptions, lockstep } from "../src/vite.ts";

const FIRST = "20261122-101500-1f3a9c2";
const SECOND = "20261123-101500-2f3a9c2";
const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-vite-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Writes a small app with several kinds of files to `root`. */
async function writeApp(root: string, files: Record<string, string> = {}): Promise<void> {
  const all: Record<string, string> = {
    "index.html":
      '<!doctype html><html><head><meta charset="utf-8"><script src="/first.js"></script></head><body><script type="module" src="/main.js"></script></body></html>',
    "main.js":
      'import "./style.css"; import { shared } from "./shared.js"; import { createElement } from "react"; document.body.append(shared, String(createElement)); void import("./lazy.js"); new Worker(new URL("./worker.js", import.meta.url), { type: "module" });',
    "style.css": "body { color: red }",
    "shared.js": 'export const shared = "shared";',
    "lazy.js": 'import { shared } from "./shared.js"; export default shared;',
    "worker.js": 'import { shared } from "./shared.js"; postMessage(shared);',
    "public/first.js": "window.first = true;",
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  await symlink(MODULES, join(root, "node_modules"));
}

interface Built {
  html: string;
  assets: string[];
  dist: string;
}

const versions = [
  ["8", vite8],
  ["7", vite7 as unknown as typeof vite8],
] as const;

describe.each(versions)("lockstep() for Vite %s", (major, vite) => {
  async function build(
    root: string,
    options: LockstepPluginOptions,
    config: vite8.InlineConfig = {},
  ): Promise<Built> {
    const dist = join(root, "dist");
    await vite.build({
      root,
      configFile: false,
      logLevel: "silent",
      ...config,
      plugins: [lockstep(options)],
      build: { emptyOutDir: true, ...config.build },
    });
    const assets = await readdir(join(dist, "assets"));
    return { html: await readFile(join(dist, "index.html"), "utf8"), assets: assets.sort(), dist };
  }

  it("is tested with this Vite version", () => {
    expect(vite.version.startsWith(`${major}.`)).toBe(true);
  });

  it("stamps the version only into the HTML, without changing any other file's name or content", async () => {
    await writeApp(folder);
    const first = await build(folder, { version: FIRST });
    const before = await contents(first.dist);
    const second = await build(folder, { version: SECOND });
    expect(first.html).toContain(`<meta name="lockstep-version" content="${FIRST}"`);
    expect(second.html).toBe(first.html.replace(FIRST, SECOND));
    expect(await contents(second.dist)).toEqual(before);
    expect(first.assets.length).toBeGreaterThan(5);
  });

  it("puts the page script first in the head, before the page's own scripts", async () => {
    await writeApp(folder);
    const { html, assets } = await build(folder, { version: FIRST });
    const head = html.slice(html.indexOf("<head>"));
    const scripts = [...head.matchAll(/<script[^>]*\bsrc="([^"]+)"/g)].map(([, src]) => src!);
    expect(scripts[0]).toMatch(/^\/assets\/lockstep-[\w-]{8}\.js$/);
    expect(scripts[1]).toBe("/first.js");
    expect(assets).toContain(scripts[0]!.slice("/assets/".length));
    expect(html).not.toMatch(/<script[^>]*>[^<]/); // nothing inline
    expect(head.indexOf("lockstep-version")).toBeLessThan(head.indexOf(scripts[0]!));
  });

  it("runs the pin first in workers of both formats, with the configured paths", async () => {
    await writeApp(folder);
    for (const format of ["es", "iife"] as const) {
      const options = { version: FIRST, paths: ["/api/*", "/graphql"] };
      const { assets, dist } = await build(folder, options, { worker: { format } });
      const worker = assets.find((name) => name.startsWith("worker-"))!;
      const code = await readFile(join(dist, "assets", worker), "utf8");
      expect(code.indexOf("/graphql")).toBeGreaterThan(0);
      expect(code.indexOf("/graphql")).toBeLessThan(code.indexOf("postMessage(`shared`)") >>> 0);
      expect(code.indexOf("/graphql")).toBeLessThan(code.lastIndexOf("postMessage("));
    }
  });

  it("lists all files of the build, public files included", async () => {
    await writeApp(folder);
    const { assets, dist } = await build(folder, { version: FIRST });
    const manifest = JSON.parse(await readFile(join(dist, "lockstep-files.json"), "utf8")) as FileManifest;
    expect(manifest).toMatchObject({
      version: FIRST,
      paths: ["/api/*"],
      base: "/",
      hashedFolders: ["assets"],
    });
    expect(Object.keys(manifest.files)).toEqual([
      ...assets.map((name) => `assets/${name}`),
      "first.js",
      "index.html",
    ]);
    expect(manifest.files["first.js"]).toEqual({
      bytes: "window.first = true;".length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it.each([
    ["/shop/", "index.html", /src="\/shop\/assets\/lockstep-/],
    ["https://cdn.example/", "index.html", /src="https:\/\/cdn\.example\/assets\/lockstep-/],
    ["./", "index.html", /src="\.\/assets\/lockstep-/],
    ["./", "admin/index.html", /src="\.\.\/assets\/lockstep-/],
  ])("loads the page script with base %s in %s", async (base, page, src) => {
    await writeApp(folder, { "admin/index.html": "<!doctype html><html><head></head><p>admin</p></html>" });
    const input = { main: join(folder, "index.html"), admin: join(folder, "admin/index.html") };
    const { dist } = await build(folder, { version: FIRST }, { base, build: { rollupOptions: { input } } });
    expect(await readFile(join(dist, page), "utf8")).toMatch(src);
  });

  it("stamps every page of a multi-page build, and a page without scripts", async () => {
    await writeApp(folder, {
      "admin/index.html": '<html><head></head><script type="module" src="/shared.js"></script></html>',
      "plain.html": "<p>no head, no script</p>",
    });
    const input = ["index.html", "admin/index.html", "plain.html"].map((name) => join(folder, name));
    const { dist } = await build(folder, { version: FIRST }, { build: { rollupOptions: { input } } });
    for (const page of ["index.html", "admin/index.html", "plain.html"]) {
      const html = await readFile(join(dist, page), "utf8");
      expect(html.match(/lockstep-version/g)).toEqual(["lockstep-version"]);
      expect(html.match(/<script[^>]* src="\/assets\/lockstep-/g)?.length).toBe(1);
    }
  });

  it("builds the same file names and contents in every checkout folder", async () => {
    const elsewhere = join(folder, "some", "deeper folder", "checkout");
    await writeApp(join(folder, "one"));
    await mkdir(dirname(elsewhere), { recursive: true });
    await cp(join(folder, "one"), elsewhere, { recursive: true, verbatimSymlinks: true });
    const here = await build(join(folder, "one"), { version: FIRST });
    const there = await build(elsewhere, { version: FIRST });
    expect(await contents(there.dist)).toEqual(await contents(here.dist));
    expect(there.html).toBe(here.html);
  });

  it("keeps the names of library, shared and lazy chunks when the entry changes", async () => {
    await writeApp(folder);
    const before = await build(folder, { version: FIRST });
    const main = join(folder, "main.js");
    await writeFile(main, `${await readFile(main, "utf8")} document.title = "changed";`);
    const after = await build(folder, { version: SECOND });
    const changed = after.assets.filter((name) => !before.assets.includes(name));
    expect(changed.length).toBe(1);
    expect(changed[0]).toMatch(/^(index|main)-/);
  });

  it("does not split chunks if the app's config does", async () => {
    await writeApp(folder);
    const output =
      major === "8" ? { codeSplitting: { groups: [] } } : { manualChunks: (): undefined => undefined };
    const { assets } = await build(folder, { version: FIRST }, { build: { rollupOptions: { output } } });
    expect(assets.filter((name) => /^(vendor|shared)-.*js$/.test(name))).toEqual([]);
  });

  /** Writes an app whose entry uses a small library and whose lazy part uses a large one. */
  async function writeLazyApp(): Promise<void> {
    const library = (name: string, code: string) => ({
      [`node_modules/${name}/package.json`]: `{"name":"${name}","version":"1.0.0","type":"module","main":"index.js"}`,
      [`node_modules/${name}/index.js`]: code,
    });
    const files = {
      "index.html": '<html><head></head><body><script type="module" src="/main.js"></script></body></html>',
      "main.js":
        'import { hello } from "small"; hello(); onclick = () => import("./chart.js"); onload = () => import("./table.js");',
      "chart.js": 'import { draw } from "large"; import { both } from "between"; draw(both);',
      "table.js":
        'import { both } from "between"; import { own } from "./own.js"; document.title = both + own;',
      "own.js": 'export const own = "only lazy parts use it";',
      ...library("small", "export const hello = () => document.title;"),
      ...library(
        "large",
        `export const draw = (x) => console.log(x, ${JSON.stringify("large ".repeat(50_000))});`,
      ),
      ...library("between", `export const both = ${JSON.stringify("between ".repeat(20_000))};`),
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  }

  /** Returns the scripts that a page loads immediately, with their sizes. */
  async function firstLoad(dist: string, page = "index.html"): Promise<Record<string, number>> {
    const html = await readFile(join(dist, page), "utf8");
    const names = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, name]) => name!);
    const sizes = names.map(async (name) => [name, (await readFile(join(dist, name))).length] as const);
    return Object.fromEntries(await Promise.all(sizes));
  }

  const total = (files: Record<string, number>) => Object.values(files).reduce((sum, size) => sum + size, 0);

  it("keeps libraries of lazy parts out of the first download", async () => {
    await writeLazyApp();
    await vite.build({ root: folder, configFile: false, logLevel: "silent" });
    const without = total(await firstLoad(join(folder, "dist")));
    const { dist, assets } = await build(folder, { version: FIRST });
    const files = await firstLoad(dist);
    const script = Object.keys(files).find((name) => name.includes("/lockstep-"))!;
    expect(total(files) - files[script]!).toBeLessThan(without + 2000);
    // A change in the entry renames no other file.
    const main = join(folder, "main.js");
    await writeFile(main, `${await readFile(main, "utf8")} document.title = "changed";`);
    const after = await build(folder, { version: SECOND });
    expect(after.assets.filter((name) => !assets.includes(name))).toEqual([expect.stringMatching(/^index-/)]);
  });

  it("gives each page of a multi-page build only the libraries that it loads", async () => {
    await writeLazyApp();
    await writeFile(
      join(folder, "admin.html"),
      '<html><head></head><body><script type="module" src="/admin.js"></script></body></html>',
    );
    await writeFile(
      join(folder, "admin.js"),
      'import { hello } from "small"; import { draw } from "large"; draw(hello());',
    );
    const input = { main: join(folder, "index.html"), admin: join(folder, "admin.html") };
    const { dist } = await build(folder, { version: FIRST }, { build: { rollupOptions: { input } } });
    expect(total(await firstLoad(dist))).toBeLessThan(20_000);
    expect(total(await firstLoad(dist, "admin.html"))).toBeGreaterThan(200_000);
  });

  it("causes no warning in the build", async () => {
    await writeLazyApp();
    const printed: string[] = [];
    const note = (text: string) => void printed.push(text);
    const customLogger = {
      ...vite.createLogger("silent"),
      warn: note,
      warnOnce: note,
      error: note,
    };
    await build(folder, { version: FIRST }, { customLogger, build: { chunkSizeWarningLimit: 10_000 } });
    expect(printed).toEqual([]);
  });

  it("takes the paths from a release's environment, for pages, workers and the manifest", async () => {
    vi.stubEnv("LOCKSTEP_PATHS", "/api/* /graphql");
    vi.stubEnv("LOCKSTEP_HASHED_FOLDERS", "assets static");
    vi.stubEnv("LOCKSTEP_BASE", "/");
    await writeApp(folder);
    const { html, dist, assets } = await build(folder, { version: FIRST });
    expect(html).toContain('data-paths="/api/* /graphql"');
    const worker = assets.find((name) => name.startsWith("worker-"))!;
    expect(await readFile(join(dist, "assets", worker), "utf8")).toContain("/api/* /graphql");
    const manifest = JSON.parse(await readFile(join(dist, "lockstep-files.json"), "utf8")) as FileManifest;
    expect(manifest).toMatchObject({
      paths: ["/api/*", "/graphql"],
      base: "/",
      hashedFolders: ["assets", "static"],
    });
    await expect(build(folder, { version: FIRST, paths: ["/api/*"] })).rejects.toThrow(
      'lockstep({ paths }) is ["/api/*"], but the path patterns in lockstep.config.ts are ["/api/*","/graphql"]. Next: remove the option `paths`',
    );
    await build(folder, { version: FIRST, paths: ["/api/*", "/graphql"] });
  });

  it.each<[string, Record<string, string>, vite8.InlineConfig, string | undefined]>([
    ["a base under a path", { LOCKSTEP_BASE: "/app/" }, { base: "/app/" }, undefined],
    ["a relative base", { LOCKSTEP_BASE: "/app/" }, { base: "./" }, undefined],
    ["an empty base", { LOCKSTEP_BASE: "/app/" }, { base: "" }, undefined],
    [
      "no base",
      { LOCKSTEP_BASE: "/app/" },
      {},
      'Vite\'s base is "/", but web.base in lockstep.config.ts is "/app/". Next: set base: "/app/"',
    ],
    ["another base", { LOCKSTEP_BASE: "/" }, { base: "/app/" }, 'or web.base: "/app/" in lockstep.config.ts'],
    [
      "the base of a CDN",
      { LOCKSTEP_BASE: "/" },
      { base: "https://cdn.test/" },
      'Vite\'s base is "https://cdn.test/"',
    ],
    [
      "another folder",
      { LOCKSTEP_HASHED_FOLDERS: "assets" },
      { build: { assetsDir: "static" } },
      'Vite\'s build.assetsDir is "static", but web.hashedFolders in lockstep.config.ts is ["assets"]. Next: add "static" to web.hashedFolders, or set build.assetsDir: "assets"',
    ],
    [
      "a folder in a folder",
      { LOCKSTEP_HASHED_FOLDERS: "assets" },
      { build: { assetsDir: "assets/app" } },
      undefined,
    ],
    [
      "a folder with the same beginning",
      { LOCKSTEP_HASHED_FOLDERS: "assets" },
      { build: { assetsDir: "assets2" } },
      'is "assets2"',
    ],
    ["no folder", {}, { build: { assetsDir: "" } }, 'set build.assetsDir: "assets"'],
    [
      "chunks in another folder",
      {},
      { build: { rollupOptions: { output: { chunkFileNames: "js/[name]-[hash].js" } } } },
      "is not in assets/: open pages would get the file of another version. Next: change entryFileNames",
    ],
    [
      "entries without a folder",
      {},
      { build: { rollupOptions: { output: { entryFileNames: "[name].js" } } } },
      "is not in assets/",
    ],
  ])("compares the build with the configuration: %s", async (_what, env, config, message) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    await writeApp(folder);
    const dist = join(folder, "dist");
    const building = vite.build({
      root: folder,
      configFile: false,
      logLevel: "silent",
      ...config,
      plugins: [lockstep({ version: FIRST })],
      build: { emptyOutDir: true, ...config.build },
    });
    if (message === undefined) {
      await building;
      const manifest = JSON.parse(await readFile(join(dist, "lockstep-files.json"), "utf8")) as FileManifest;
      expect(manifest.base).toBe(env.LOCKSTEP_BASE ?? "/");
    } else await expect(building).rejects.toThrow(message);
  });

  it.each([
    ["no version", {}, /LOCKSTEP_VERSION is not set; a version id such as 20261122-101500-1f3a9c2 is needed/],
    ["an empty version", { version: "" }, /LOCKSTEP_VERSION is ""; .*`npm run release`/],
    ["a version that is not an id", { version: "v1" }, /LOCKSTEP_VERSION is "v1"/],
    ["a version in capitals", { version: "20261122-101500-1F3A9C2" }, /is needed/],
    [
      "a pattern that is not a path",
      { version: FIRST, paths: ["api/*"] },
      /"api\/\*" is not a path pattern\. .*paths: \["\/api\/\*"/,
    ],
    ["a pattern with a space", { version: FIRST, paths: ["/api/* /x"] }, /is not a path pattern/],
    ["no pattern", { version: FIRST, paths: [] }, /the list is empty/],
    ["an interval of zero", { version: FIRST, pollSeconds: 0 }, /at least 1 second/],
  ])("refuses %s and reports the fix", async (_what, options, message) => {
    await writeApp(folder);
    await expect(build(folder, options)).rejects.toThrow(message);
  });
});

/** Returns every file under assets/ with its text. */
async function contents(dist: string): Promise<Record<string, string>> {
  const names = await readdir(join(dist, "assets"));
  const texts = names.sort().map(async (name) => [name, await readFile(join(dist, "assets", name), "utf8")]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
}
