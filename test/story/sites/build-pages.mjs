// Builds the frontend of documents.test.ts with `web.kind: "pages"`: the files that Astro writes for a static site (a folder per page,
// shared files in `_astro`, `404.html`), pages that are files, and public files. It needs no framework.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stampPages } from "@lockstep/client/pages";
import { PUBLIC_FILES } from "./public-files.mjs";

const page = (title) =>
  `<!doctype html><head><title>${title}</title><script src="/_astro/hoisted.CYFkkBWN.js"></script>`;

const files = {
  ...PUBLIC_FILES,
  "index.html": page("home"),
  "about/index.html": page("about"),
  "blog/2026.11/index.html": page("blog of 2026.11"),
  "contact.html": page("contact"),
  "both.html": page("both as a file"),
  "both/index.html": page("both as a folder"),
  "404.html": page("not found"),
  "_astro/hoisted.CYFkkBWN.js": "1",
};
const out = join(import.meta.dirname, "dist");
await rm(out, { recursive: true, force: true });
for (const [name, content] of Object.entries(files)) {
  await mkdir(dirname(join(out, name)), { recursive: true });
  await writeFile(join(out, name), content);
}
await stampPages(out);
