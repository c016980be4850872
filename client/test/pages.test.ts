import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stampPages } from "../src/pages.ts";

const VERSION = "20261122-101500-1f3a9c2";
const TAGS = `<meta name="lockstep-version" content="${VERSION}" data-paths="/api/* /graphql" data-poll="60" data-turbo-track="reload">`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-pages-"));
  vi.stubEnv("LOCKSTEP_VERSION", VERSION);
  vi.stubEnv("LOCKSTEP_PATHS", "/api/* /graphql");
  vi.stubEnv("LOCKSTEP_POLL_SECONDS", "60");
  vi.stubEnv("LOCKSTEP_HASHED_FOLDERS", "_astro");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
const read = (name: string) => readFile(join(folder, name), "utf8");

describe("stampPages()", () => {
  it.each([
    [
      "<!DOCTYPE html><html lang=en><HEAD data-x><title>x",
      "<!DOCTYPE html><html lang=en><HEAD data-x>|<title>x",
    ],
    ["<!doctype html><html lang=en><title>x", "<!doctype html><html lang=en>|<title>x"],
    ["<!doctype html>\n<header>x</header>", "<!doctype html>|\n<header>x</header>"],
  ])("inserts version and page script at the start of the head of %s", async (page, wanted) => {
    await write({ "about/index.html": page });
    expect(await stampPages(folder)).toBe(1);
    const [script] = await readdir(join(folder, "_astro"));
    expect(script).toMatch(/^lockstep-[\w-]{8}\.js$/);
    expect(await read("about/index.html")).toBe(
      wanted.replace("|", `${TAGS}<script src="/_astro/${script}"></script>`),
    );
  });

  it("does not change fragments, stamped pages and other files", async () => {
    const files = {
      "google1.html": "google-site-verification: google1.html",
      "stamped.html": `<head><meta content="${VERSION}" name="lockstep-version">`,
      "feed.xml": "<head></head>",
    };
    await write(files);
    expect(await stampPages(folder)).toBe(0);
    for (const [name, text] of Object.entries(files)) expect(await read(name)).toBe(text);
  });

  it("writes the build manifest that a release compares with the configuration", async () => {
    vi.stubEnv("LOCKSTEP_BASE", "/docs/");
    await write({ "index.html": "<head></head>" });
    await stampPages(folder);
    const manifest = JSON.parse(await read("lockstep-files.json"));
    expect(manifest).toMatchObject({
      version: VERSION,
      paths: ["/api/*", "/graphql"],
      base: "/docs/",
      hashedFolders: ["_astro"],
    });
    expect(Object.keys(manifest.files)).toContain("index.html");
    expect(await read("index.html")).toContain('<script src="/docs/_astro/lockstep-');
  });

  it("refuses a build without a version, and options that differ from the configuration", async () => {
    await write({ "index.html": "<head></head>" });
    await expect(stampPages(folder, { paths: ["/other/*"] })).rejects.toThrow(/remove the option `paths`/);
    vi.stubEnv("LOCKSTEP_VERSION", undefined);
    await expect(stampPages(folder)).rejects.toThrow(/LOCKSTEP_VERSION is not set/);
    expect(await read("index.html")).toBe("<head></head>");
  });
});

describe("docs/page.md", () => {
  /** Writes a code block to a module in this package, so that it can import `@lockstep/client`. */
  async function codeBlock(name: string): Promise<URL> {
    const text = await readFile(new URL("../../docs/page.md", import.meta.url), "utf8");
    const block = text.split(`\`\`\`js ${name}\n`)[1]?.split("```")[0];
    if (block === undefined) throw new Error(`docs/page.md has no code block ${name}`);
    const file = new URL(`./page-example-${name}`, import.meta.url);
    await writeFile(file, block);
    examples.push(file);
    return file;
  }
  const examples: URL[] = [];
  afterEach(() => Promise.all(examples.splice(0).map((file) => rm(file))));

  it("astro.config.mjs stamps the pages after Astro's build", async () => {
    await write({ "index.html": "<head></head>" });
    const { default: config } = await import((await codeBlock("astro.config.mjs")).href);
    await config.integrations[0].hooks["astro:build:done"]({ dir: pathToFileURL(`${folder}/`) });
    expect(await read("index.html")).toContain(TAGS);
  });

  it("stamp.mjs stamps the pages of the given folder", async () => {
    await write({ "index.html": "<head></head>" });
    const script = fileURLToPath(await codeBlock("stamp.mjs"));
    await promisify(execFile)(process.execPath, [script, folder]);
    expect(await read("index.html")).toContain(TAGS);
  });
});
