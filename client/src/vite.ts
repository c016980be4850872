import { posix } from "node:path";
import type { HtmlTagDescriptor, Plugin } from "vite";
import { chunking } from "./build/chunking.ts";
import { writeFileManifest } from "./build/file-manifest.ts";
import { type BuiltScript, buildPageScript, buildWorkerScript } from "./build/page-scripts.ts";
import { VERSION_ID, VERSION_META } from "./names.ts";

export interface LockstepPluginOptions {
  /** The version to stamp. Default: `LOCKSTEP_VERSION` of the environment, which `npm run release` sets. */
  version?: string;
  /** Path prefixes of the API: what CloudFront's `api.pathPatterns` says, without the wildcard. Default `["/api/"]`. */
  api?: readonly string[];
  /**
   * How often a visible page asks whether there is another version, and shows that somebody is there, in seconds. Default:
   * `LOCKSTEP_POLL_SECONDS` of the environment, which `npm run release` sets to `protection.heartbeatSeconds`; else 300.
   */
  pollSeconds?: number;
}

const DEFAULT_POLL_SECONDS = 300;
const WORKER_SCRIPT = "\0lockstep-worker";

/**
 * Vite plugin (Vite 7 and 8), for builds only; the dev server is left as it is.
 *
 * - Stamps the version into each HTML page, and only there: a chunk that did not change keeps its name, and so its place in every
 *   browser's cache.
 * - Puts the page script first into the head: an external file that runs under `script-src 'self'`.
 * - Lets every bundled worker begin with the pin of the page that made it.
 * - Splits chunks so that a small change is a small download, unless your config splits them.
 * - Writes `lockstep-files.json`, the manifest of the build's files.
 *
 * A build without a version is refused: its pages could not be pinned.
 */
export function lockstep(options: LockstepPluginOptions = {}): Plugin {
  const version = options.version ?? process.env.LOCKSTEP_VERSION;
  const { api = ["/api/"] } = options;
  const { pollSeconds = Number(process.env.LOCKSTEP_POLL_SECONDS ?? DEFAULT_POLL_SECONDS) } = options;
  let base = "/";
  let scriptFile = "";
  let outDir = "";
  return {
    name: "lockstep",
    apply: "build",
    config(config) {
      const major = Number.parseInt(this.meta.viteVersion ?? "8", 10);
      return { build: chunking(config, major), worker: { plugins: () => [workerPin(api)] } };
    },
    configResolved(config) {
      base = config.base;
      scriptFile = posix.join(config.build.assetsDir, "lockstep-[hash].js");
    },
    async buildStart() {
      const wrong = complaint(version, api, pollSeconds);
      if (wrong) this.error(wrong);
      const { code, hash } = await buildPageScript();
      scriptFile = scriptFile.replace("[hash]", hash);
      this.emitFile({ type: "asset", fileName: scriptFile, source: `${code}\n` });
    },
    transformIndexHtml: {
      order: "post", // before everything else in the head, Vite's own scripts too
      handler: (_html, { path }): HtmlTagDescriptor[] => [
        {
          tag: "meta",
          attrs: {
            name: VERSION_META,
            content: version,
            "data-api": api.join(" "),
            "data-poll": String(pollSeconds),
          },
          injectTo: "head-prepend",
        },
        { tag: "script", attrs: { src: addressOf(scriptFile, base, path) }, injectTo: "head-prepend" },
      ],
    },
    writeBundle(output) {
      outDir = output.dir ?? outDir;
    },
    async closeBundle() {
      if (outDir !== "" && version !== undefined) await writeFileManifest(outDir, version);
    },
  };
}

/** What is wrong with the options, and the mend. */
function complaint(
  version: string | undefined,
  api: readonly string[],
  pollSeconds: number,
): string | undefined {
  if (version === undefined || !VERSION_ID.test(version))
    return (
      `LOCKSTEP_VERSION is ${version === undefined ? "not set" : `"${version}"`}; a version id such as 20261122-101500-1f3a9c2 is needed. ` +
      "`npm run release` and `npm run build` set it for you."
    );
  const prefix = api.find((one) => !/^\/[^\s"*?#]*$/.test(one));
  if (api.length === 0 || prefix !== undefined)
    return `lockstep({ api }): ${prefix === undefined ? "the list is empty" : `"${prefix}" is no path prefix`}. Prefixes start with / and have no wildcard: api: ["/api/"].`;
  if (!(pollSeconds >= 1)) return `lockstep({ pollSeconds: ${pollSeconds} }): at least 1 second is needed.`;
  return undefined;
}

/** Where a page finds a file of the build; with a relative `base`, from where the page stands. */
function addressOf(file: string, base: string, page: string): string {
  if (base !== "" && !base.startsWith(".")) return `${base}${file}`;
  const from = posix.relative(posix.dirname(page), "/");
  return posix.join(from || ".", file).replace(/^(?!\.)/, "./");
}

/** In the build of a worker: makes its entry begin with ours, before anything that it imports. */
function workerPin(api: readonly string[]): Plugin {
  let script: Promise<BuiltScript> | undefined;
  return {
    name: "lockstep-worker",
    enforce: "pre",
    resolveId: (id) => (id === WORKER_SCRIPT ? id : undefined),
    async load(id) {
      if (id !== WORKER_SCRIPT) return undefined;
      script ??= buildWorkerScript(api);
      return { code: (await script).code, moduleSideEffects: true };
    },
    transform(code, id) {
      if (!this.getModuleInfo(id)?.isEntry) return undefined;
      return { code: `import ${JSON.stringify(WORKER_SCRIPT)};${code}`, map: null };
    },
  };
}
