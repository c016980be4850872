// Builds the frontend of documents.test.ts with `web.kind: "app"`: a Vite build with several pages and public files.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { lockstep } from "@lockstep/client/vite";
import { build } from "vite";
import { PUBLIC_FILES } from "./public-files.mjs";

const SOURCES = {
  "index.html": '<title>app</title><script type="module" src="./main.js"></script>',
  "main.js": 'globalThis.openLazy = () => import("./lazy.js");',
  "lazy.js": "export const lazy = 1;",
  // A second entry of the build, stamped like the first.
  "admin.html": '<title>admin</title><script type="module" src="./main.js"></script>',
};

const root = await mkdtemp(join(tmpdir(), "lockstep-site-"));
await write(root, SOURCES);
await write(join(root, "public"), PUBLIC_FILES);
const input = [join(root, "index.html"), join(root, "admin.html")];
const outDir = join(import.meta.dirname, "dist");
await build({
  root,
  logLevel: "warn",
  configFile: false,
  base: process.env.LOCKSTEP_BASE,
  plugins: [lockstep()],
  build: {
    outDir,
    emptyOutDir: true,
    assetsDir: process.env.LOCKSTEP_HASHED_FOLDERS,
    rollupOptions: { input },
  },
});
await rm(root, { recursive: true });

async function write(folder, files) {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}
