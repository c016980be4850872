import { writeFileSync } from "node:fs";
import { bundleScript } from "./page-scripts.ts";

// Before the client is packed: both scripts as files, so that every app has the same bytes, whatever its Vite minifies with.

for (const name of ["page-script", "worker-script"] as const)
  writeFileSync(new URL(`../../dist/page/${name}.min.js`, import.meta.url), await bundleScript(name));
