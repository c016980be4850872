import { writeFileSync } from "node:fs";
import { bundleScript } from "./page-scripts.ts";

// Runs before `pnpm pack`. Writes both scripts as files, so that every app serves the same bytes, whatever minifier its
// Vite uses.

for (const name of ["page-script", "worker-script"] as const)
  writeFileSync(new URL(`../../dist/page/${name}.min.js`, import.meta.url), await bundleScript(name));
