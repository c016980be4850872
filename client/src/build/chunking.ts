import { fileURLToPath } from "node:url";
import type { UserConfig } from "vite";

/**
 * Splits a build so that a small change is a small download: what comes from node_modules, and what the entry shares with
 * lazy parts, has files of its own, so that a change in the app's entry renames neither them nor the lazy chunks that import
 * them. Nothing when the app's own config says how to split.
 *
 * @param major of Vite: 8 bundles with Rolldown, 7 with Rollup
 */
export function chunking(config: UserConfig, major: number): UserConfig["build"] {
  const build = config.build ?? {};
  const outputs = [build.rollupOptions?.output, build.rolldownOptions?.output].flat();
  const own = ["manualChunks", "advancedChunks", "codeSplitting", "inlineDynamicImports"];
  if (outputs.some((output) => output && own.some((name) => name in output))) return {};
  const output = {
    codeSplitting: { groups: [{ name: (id: string, lookup: Lookup) => chunkOf(id, lookup) }] },
  };
  if (major >= 8) return { rolldownOptions: { output } };
  return { rollupOptions: { output: { manualChunks: chunkOf } as object } };
}

/** Vite's own helpers (their ids begin with a NUL) change as seldom as libraries do. */
const SELDOM_CHANGED = /[\\/]node_modules[\\/]|^\0/;
/** This client, which in a workspace is linked and has no node_modules in its path. */
const CLIENT = fileURLToPath(new URL("..", import.meta.url));

/** `null`: wherever the bundler puts it. */
function chunkOf(id: string, lookup: Lookup): "vendor" | "shared" | null {
  if (SELDOM_CHANGED.test(id) || id.startsWith(CLIENT)) return "vendor";
  const starts = new Set<string>();
  collectStarts(id, lookup, starts, new Set());
  if (starts.has(id)) return null;
  return starts.size > 1 ? "shared" : null;
}

/** Where the loading of a module can begin: the entries and lazily loaded modules that lead to it. */
function collectStarts(id: string, lookup: Lookup, starts: Set<string>, seen: Set<string>): void {
  if (seen.has(id)) return;
  seen.add(id);
  const module = lookup.getModuleInfo(id);
  if (!module) return;
  if (module.isEntry || module.dynamicImporters.length > 0) starts.add(id);
  for (const importer of module.importers) collectStarts(importer, lookup, starts, seen);
}

/** As far as it is used here: the same in Rollup and Rolldown. */
interface Lookup {
  getModuleInfo(id: string): {
    isEntry: boolean;
    importers: readonly string[];
    dynamicImporters: readonly string[];
  } | null;
}
