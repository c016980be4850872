import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// One file, no node_modules: the image is this folder, whatever builds it.
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
rmSync(here("dist"), { recursive: true, force: true });
await build({
  entryPoints: [here("src/main.ts")],
  outfile: here("dist/index.mjs"),
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // The contract is a property of the build, as in real life: web and API of one version are built together.
  define: { "process.env.DEMO_CONTRACT": JSON.stringify(process.env.DEMO_CONTRACT ?? "1") },
  // Koa and pino are CommonJS inside and still call require().
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
