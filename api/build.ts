import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// Bundles everything into one file, so the image needs no node_modules.
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
rmSync(here("dist"), { recursive: true, force: true });
await build({
  entryPoints: [here("src/main.ts")],
  outfile: here("dist/index.mjs"),
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // The build decides the contract, because web and API of one version are built together (web/vite.config.ts).
  define: { "process.env.DEMO_CONTRACT": JSON.stringify(process.env.DEMO_CONTRACT ?? "1") },
  // Koa and pino are CommonJS modules and call require().
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
