import type { Plugin } from "vite";
import { VERSION_META } from "./page-version.ts";

const VERSION_ID = /^\d{8}-\d{6}-[0-9a-f]{7}$/;

export interface LockstepPluginOptions {
  /** The version to stamp. Default: `LOCKSTEP_VERSION` of the environment, which `npm run release` sets. */
  version?: string;
}

/**
 * Vite plugin: stamps the version into each HTML page, and only there, so that a chunk that did not change keeps its
 * name and stays in every browser's cache. A build without a version is refused: its pages could not be pinned. The dev
 * server stamps nothing.
 */
export function lockstep(options: LockstepPluginOptions = {}): Plugin {
  const version = options.version ?? process.env.LOCKSTEP_VERSION;
  return {
    name: "lockstep",
    apply: "build",
    buildStart() {
      if (version === undefined || !VERSION_ID.test(version)) {
        this.error(
          `LOCKSTEP_VERSION is ${version === undefined ? "not set" : `"${version}"`}; a version id such as 20261122-101500-1f3a9c2 is needed. ` +
            "`npm run release` and `npm run build` set it for you.",
        );
      }
    },
    transformIndexHtml: () => [
      { tag: "meta", attrs: { name: VERSION_META, content: version }, injectTo: "head-prepend" },
    ],
  };
}
