import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { complaint } from "./build/complaint.ts";
import { writeFileManifest } from "./build/file-manifest.ts";
import { buildPageScript } from "./build/page-scripts.ts";
import { type BuildOptions, buildSettings, stampOf } from "./build/settings.ts";
import { VERSION_META } from "./names.ts";

export type { BuildOptions } from "./build/settings.ts";

/** Possible starts of a page's head, best first. A file without any of them is a fragment and is not stamped. */
const HEAD_STARTS = [/<head(?:\s[^>]*)?>/i, /<html(?:\s[^>]*)?>/i, /<!doctype[^>]*>/i];
const STAMPED = new RegExp(`<meta\\b[^>]*\\bname=["']?${VERSION_META}\\b`, "i");

/**
 * Stamps every page of a built site whose HTML Vite does not create: Astro, Eleventy, Hugo, handwritten files. Run it
 * as the last step of the build. It inserts the version and the page script at the start of the head of each HTML file,
 * writes the page script to the first of `web.hashedFolders`, and writes `lockstep-files.json`. Pages that already have
 * a stamp stay unchanged, and so do HTML files without doctype, `<html>` and `<head>`.
 *
 * @param folder the output folder of the build, `web.output`
 * @returns the number of pages stamped
 * @throws Error that names the wrong option and its fix, for example if no version is set
 */
export async function stampPages(folder: string, options: BuildOptions = {}): Promise<number> {
  const settings = buildSettings(options, process.env);
  const { base = "/", hashedFolders = ["assets"], version, paths } = settings;
  const assetsDir = hashedFolders[0] ?? "assets";
  const wrong = complaint(settings, { base, builtBase: base, assetsDir, hashedFolders });
  if (wrong) throw new Error(wrong);
  const { code, hash } = await buildPageScript();
  const script = `${assetsDir}/lockstep-${hash}.js`;
  await mkdir(join(folder, dirname(script)), { recursive: true });
  await writeFile(join(folder, script), `${code}\n`);
  const attributes = Object.entries(stampOf(settings)).map(([name, value]) => ` ${name}="${value}"`);
  const tags = `<meta${attributes.join("")}><script src="${base}${script}"></script>`;
  const stamped = await Promise.all((await pagesIn(folder)).map((page) => stampPage(page, tags)));
  await writeFileManifest(folder, { version: version!, paths: [...paths], base, hashedFolders });
  return stamped.filter(Boolean).length;
}

/**
 * Astro integration that stamps the pages of a static build: `integrations: [lockstepAstro()]` in `astro.config.mjs`.
 */
export function lockstepAstro(options: BuildOptions = {}) {
  return {
    name: "lockstep",
    hooks: {
      "astro:build:done": async ({ dir }: { dir: URL }): Promise<void> => {
        await stampPages(fileURLToPath(dir), options);
      },
    },
  };
}

async function pagesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.html?$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function stampPage(file: string, tags: string): Promise<boolean> {
  const html = await readFile(file, "utf8");
  if (STAMPED.test(html)) return false;
  const start = HEAD_STARTS.map((pattern) => pattern.exec(html)).find((found) => found !== null);
  if (!start) return false;
  const at = start.index + start[0].length;
  await writeFile(file, html.slice(0, at) + tags + html.slice(at));
  return true;
}
