import { posix } from "node:path";
import type { HtmlTagDescriptor, Plugin } from "vite";
import { Chunking } from "./build/chunking.ts";
import { type BuildFacts, complaint, misplacedChunk } from "./build/complaint.ts";
import { writeFileManifest } from "./build/file-manifest.ts";
import { type BuiltScript, buildPageScript, buildWorkerScript } from "./build/page-scripts.ts";
import { VERSION_META } from "./names.ts";

export interface LockstepPluginOptions {
  /** The version to stamp. Default: `LOCKSTEP_VERSION` of the environment, which `npm run release` sets. */
  version?: string;
  /**
   * Path patterns of your services, as in `lockstep.config.ts`: `["/api/*", "/graphql"]`. Default: `LOCKSTEP_PATHS` of the
   * environment, which `npm run release` and `npm run build` set; else `["/api/*"]`. Only builds outside of these commands need it.
   */
  paths?: readonly string[];
  /**
   * How often a visible page asks whether there is another version, and shows that it is open, in seconds. Default:
   * `LOCKSTEP_POLL_SECONDS` of the environment, which `npm run release` sets to `protection.heartbeatSeconds`; else 300.
   */
  pollSeconds?: number;
}

const DEFAULT_PATHS = ["/api/*"];
const DEFAULT_POLL_SECONDS = 300;
/** Turbo Drive replaces the content of a page by a fetch; with this, a page of another version loads in full. */
const TURBO_TRACK = { "data-turbo-track": "reload" };
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
  const { env } = process;
  const version = options.version ?? env.LOCKSTEP_VERSION;
  const paths = options.paths ?? listOf(env.LOCKSTEP_PATHS) ?? DEFAULT_PATHS;
  const { pollSeconds = Number(env.LOCKSTEP_POLL_SECONDS ?? DEFAULT_POLL_SECONDS) } = options;
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
        base: env.LOCKSTEP_BASE ?? (isRelative(base) ? "/" : base),
        builtBase: base,
        assetsDir,
        hashedFolders: listOf(env.LOCKSTEP_HASHED_FOLDERS) ?? [assetsDir === "." ? "assets" : assetsDir],
      };
      scriptFile = posix.join(build.assetsDir, "lockstep-[hash].js");
    },
    async buildStart() {
      const wrong = complaint({ version, paths, pollSeconds, configured: listOf(env.LOCKSTEP_PATHS) }, facts);
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
        {
          tag: "meta",
          attrs: {
            name: VERSION_META,
            content: version,
            "data-paths": paths.join(" "),
            "data-poll": String(pollSeconds),
            ...TURBO_TRACK,
          },
          injectTo: "head-prepend",
        },
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

/** The items of a list in the environment, which are separated by spaces. */
function listOf(text: string | undefined): string[] | undefined {
  return text?.split(" ").filter((item) => item !== "");
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
