import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockstep } from "../src/vite.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lockstep-vite-"));
  await writeFile(
    join(root, "index.html"),
    '<!doctype html><html><head></head><script type="module" src="/main.js"></script></html>',
  );
  await writeFile(join(root, "main.js"), 'document.body.append("hello"); void import("./lazy.js");');
  await writeFile(join(root, "lazy.js"), 'export default "lazy";');
});
afterEach(() => rm(root, { recursive: true }));

async function buildAs(version: string | undefined): Promise<{ html: string; assets: string[] }> {
  await build({
    root,
    configFile: false,
    logLevel: "silent",
    plugins: [lockstep({ version: version as string })],
  });
  const assets = await readdir(join(root, "dist", "assets"));
  return { html: await readFile(join(root, "dist", "index.html"), "utf8"), assets: assets.sort() };
}

describe("lockstep() for Vite", () => {
  it("stamps the version in the HTML and leaves every chunk's name as it was", async () => {
    const first = await buildAs("20261122-101500-1f3a9c2");
    const second = await buildAs("20261123-101500-2f3a9c2");
    expect(first.html).toContain('<meta name="lockstep-version" content="20261122-101500-1f3a9c2">');
    expect(second.html).toContain('<meta name="lockstep-version" content="20261123-101500-2f3a9c2">');
    expect(second.assets).toEqual(first.assets);
    expect(first.assets.length).toBe(2);
  });

  it.each(["", "v1", "20261122-101500-XYZ"])(
    "refuses to build as %j and says what is needed",
    async (version) => {
      await expect(buildAs(version)).rejects.toThrow(
        /a version id such as 20261122-101500-1f3a9c2 is needed/,
      );
    },
  );
});
