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
 * Vite plugin (Vite 7 and 8), for builds only; the dev server is left as it is.
 *
 * - Stamps the version into each HTML page, and only there: a chunk that did not change keeps its name, and so its place in every
 *   browser's cache.
 * - Puts the page script first into the head: an external file that runs under `script-src 'self'`.
 * - Lets every bundled worker begin with the pin of the page that made it.
 * - Splits chunks so that a small change is a small download, unless your config splits them.
 * - Writes `lockstep-files.json`, the manifest of the build.
 *
 * Refuses a build without a version (its pages could not be pinned), and one whose `base`, `assetsDir` or `paths` differ from
 * `lockstep.config.ts`.
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
      order: "post", // before everything else in the head, Vite's own scripts too
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

/** Where a page finds a file of the build; with a relative `base`, from where the page is. */
function addressOf(file: string, base: string, page: string): string {
  if (!isRelative(base)) return `${base}${file}`;
  const from = posix.relative(posix.dirname(page), "/");
  return posix.join(from || ".", file).replace(/^(?!\.)/, "./");
}

/** In the build of a worker: makes its entry begin with ours, before anything that it imports. */
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
