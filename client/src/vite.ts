import { posix } from "node:path";
import type { HtmlTagDescriptor, Plugin } from "vite";
import { Chunking } from "./build/chunking.ts";
import { type BuildFacts, complaint, misplacedChunk } from "./build/complaint.ts";
import { writeFileManifest } from "./build/file-manifest.ts";
import { type BuiltScript, buildPageScript, buildWorkerScript } from "./build/page-scripts.ts";
import { type BuildOptions, buildSettings, stampOf } from "./build/settings.ts";

export type LockstepPluginOptions = BuildOptions;

const WORKER_SCRIPT = "\0lockstep-worker";

/**
 * Vite plugin (Vite 7 and 8). Affects builds only, not the dev server.
 *
 * - Stamps the version into each HTML page and into no other file, so unchanged chunks keep their names and stay cached
 *   in browsers.
 * - Puts the page script first in the head. It is an external file, which `script-src 'self'` allows.
 * - Starts every bundled worker with a script that pins the worker's requests to the version of its page.
 * - Splits chunks so that a small change causes a small download, unless your config splits them.
 * - Writes `lockstep-files.json`, the manifest of the build.
 *
 * Refuses a build without a version, whose pages could not be pinned, and a build whose `base`, `assetsDir` or `paths`
 * differ from `lockstep.config.ts`.
 */
export function lockstep(options: LockstepPluginOptions = {}): Plugin {
  const settings = buildSettings(options, process.env);
  const { version, paths } = settings;
  const chunking = new Chunking();
  let facts: BuildFacts;
  let scriptFile = "";
  let outDir = "";
  return {
    name: "lockstep",
    apply: "build",
    config(config) {
      const major = Number.parseInt(this.meta.viteVersion ?? "8", 10);
      return { build: chunking.config(config, major), worker: { plugins: () => [workerPin(paths)] } };
    },
    configResolved({ base, build }) {
      const assetsDir = posix.normalize(build.assetsDir);
      facts = {
        base: settings.base ?? (isRelative(base) ? "/" : base),
        builtBase: base,
        assetsDir,
        hashedFolders: settings.hashedFolders ?? [assetsDir === "." ? "assets" : assetsDir],
      };
      scriptFile = posix.join(build.assetsDir, "lockstep-[hash].js");
    },
    async buildStart() {
      const wrong = complaint(settings, facts);
      if (wrong) this.error(wrong);
      const { code, hash } = await buildPageScript();
      scriptFile = scriptFile.replace("[hash]", hash);
      this.emitFile({ type: "asset", fileName: scriptFile, source: `${code}\n` });
    },
    buildEnd(error) {
      if (!error) chunking.read(this);
    },
    transformIndexHtml: {
      order: "post", // so that these tags stand before Vite's own scripts in the head
      handler: (_html, { path }): HtmlTagDescriptor[] => [
        { tag: "meta", attrs: stampOf(settings), injectTo: "head-prepend" },
        {
          tag: "script",
          attrs: { src: addressOf(scriptFile, facts.builtBase, path) },
          injectTo: "head-prepend",
        },
      ],
    },
    generateBundle(_output, bundle) {
      const wrong = misplacedChunk(bundle, facts);
      if (wrong) this.error(wrong);
    },
    writeBundle(output) {
      outDir = output.dir ?? outDir;
    },
    async closeBundle() {
      const { base, hashedFolders } = facts;
      if (outDir !== "" && version !== undefined)
        await writeFileManifest(outDir, { version, paths: [...paths], base, hashedFolders });
    },
  };
}

function isRelative(base: string): boolean {
  return base === "" || base.startsWith(".");
}

/** Returns the address of a build file for a page. With a relative `base`, the address is relative to the page. */
function addressOf(file: string, base: string, page: string): string {
  if (!isRelative(base)) return `${base}${file}`;
  const from = posix.relative(posix.dirname(page), "/");
  return posix.join(from || ".", file).replace(/^(?!\.)/, "./");
}

/** Plugin for worker builds: imports the worker script first in the worker's entry. */
function workerPin(paths: readonly string[]): Plugin {
  let script: Promise<BuiltScript> | undefined;
  return {
    name: "lockstep-worker",
    enforce: "pre",
    resolveId: (id) => (id === WORKER_SCRIPT ? id : undefined),
    async load(id) {
      if (id !== WORKER_SCRIPT) return undefined;
      script ??= buildWorkerScript(paths);
      return { code: (await script).code, moduleSideEffects: true };
    },
    transform(code, id) {
      if (!this.getModuleInfo(id)?.isEntry) return undefined;
      return { code: `import ${JSON.stringify(WORKER_SCRIPT)};${code}`, map: null };
    },
  };
}
