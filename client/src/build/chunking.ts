import { fileURLToPath } from "node:url";
import type { UserConfig } from "vite";

/** As far as it is used here: the same in Rollup and Rolldown. */
interface Graph {
  getModuleIds(): Iterable<string>;
  getModuleInfo(id: string): {
    isEntry: boolean;
    importedIds: readonly string[];
    dynamicallyImportedIds: readonly string[];
  } | null;
}

/** Vite's own helpers (their ids begin with a NUL) change as seldom as libraries do. */
const SELDOM_CHANGED = /[\\/]node_modules[\\/]|^\0/;
/** This client, which in a workspace is linked and has no node_modules in its path. */
const CLIENT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Splits a build so that a small change is a small download, without a byte more in the first download. Of what the entries
 * load at once, libraries get a file of their own, and so does what lazy parts share with an entry: a change in the app's entry
 * then renames neither them nor the lazy chunks that import them. What only lazy parts load stays where the bundler puts it.
 */
export class Chunking {
  /** The chunk of each module that gets one from us. */
  readonly #chunks = new Map<string, string>();

  /**
   * The part of a config that splits; nothing when the app's own config says how to split.
   *
   * @param major of Vite: 8 bundles with Rolldown, 7 with Rollup
   */
  config(config: UserConfig, major: number): UserConfig["build"] {
    const build = config.build ?? {};
    const outputs = [build.rollupOptions?.output, build.rolldownOptions?.output].flat();
    const own = ["manualChunks", "advancedChunks", "codeSplitting", "inlineDynamicImports"];
    if (outputs.some((output) => output && own.some((name) => name in output))) return {};
    const name = (id: string): string | null => this.#chunks.get(id) ?? null;
    const groups = [{ name, debugName: "lockstep" }]; // without it, Vite 8.3 and newer print a warning
    if (major >= 8) return { rolldownOptions: { output: { codeSplitting: { groups } } } };
    return { rollupOptions: { output: { manualChunks: name } as object } };
  }

  /** Reads which modules the entries and lazy parts of a build load. */
  read(graph: Graph): void {
    this.#chunks.clear();
    const ids = [...graph.getModuleIds()];
    const entries = ids.filter((id) => graph.getModuleInfo(id)?.isEntry);
    const lazy = new Set(ids.flatMap((id) => graph.getModuleInfo(id)?.dynamicallyImportedIds ?? []));
    /** Of each module, the entries that load it at once. */
    const loadedBy = new Map<string, number[]>();
    for (const [index, entry] of entries.entries())
      for (const id of closure([entry], graph)) loadedBy.set(id, [...(loadedBy.get(id) ?? []), index]);
    const loadedLater = closure([...lazy], graph);
    for (const [id, by] of loadedBy) {
      if (graph.getModuleInfo(id)?.isEntry) continue;
      const isVendor = SELDOM_CHANGED.test(id) || id.startsWith(CLIENT);
      if (!isVendor && (lazy.has(id) || (by.length === 1 && !loadedLater.has(id)))) continue;
      // Entries of a multi-page build share what all of them load; the rest is split by who loads it.
      const suffix = by.length === entries.length ? "" : `-${by.join("-")}`;
      this.#chunks.set(id, `${isVendor ? "vendor" : "shared"}${suffix}`);
    }
  }
}

/** These modules and all that they import at once. */
function closure(from: readonly string[], graph: Graph): Set<string> {
  const seen = new Set<string>();
  const left = [...from];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    left.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  return seen;
}
