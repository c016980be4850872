import { fileURLToPath } from "node:url";
import type { UserConfig } from "vite";

/** The part of the module graph that is used here. Rollup and Rolldown share it. */
interface Graph {
  getModuleIds(): Iterable<string>;
  getModuleInfo(id: string): {
    isEntry: boolean;
    importedIds: readonly string[];
    dynamicallyImportedIds: readonly string[];
  } | null;
}

/** Libraries, and Vite's helpers, whose ids start with NUL. Both rarely change. */
const RARELY_CHANGED = /[\\/]node_modules[\\/]|^\0/;
/** This client. In a workspace it is linked, so its path has no node_modules. */
const CLIENT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Splits a build so that a small change causes a small download and the first download does not grow. Two kinds of
 * modules that entries load immediately get separate chunks: libraries, and modules that lazy parts share with an
 * entry. A change in the app's entry then renames neither these chunks nor the lazy chunks that import them. Modules
 * that only lazy parts load stay where the bundler puts them.
 */
export class Chunking {
  /** Module id → name of the chunk that this class assigns. */
  readonly #chunks = new Map<string, string>();

  /**
   * Returns the build options that split chunks, or no options if the app's config splits chunks itself.
   *
   * @param major Vite's major version: 8 bundles with Rolldown, 7 with Rollup
   */
  config(config: UserConfig, major: number): UserConfig["build"] {
    const build = config.build ?? {};
    const outputs = [build.rollupOptions?.output, build.rolldownOptions?.output].flat();
    const own = ["manualChunks", "advancedChunks", "codeSplitting", "inlineDynamicImports"];
    if (outputs.some((output) => output && own.some((name) => name in output))) return {};
    const name = (id: string): string | null => this.#chunks.get(id) ?? null;
    const groups = [{ name, debugName: "lockstep" }]; // without a debugName, Vite 8.3 and newer print a warning
    if (major >= 8) return { rolldownOptions: { output: { codeSplitting: { groups } } } };
    return { rollupOptions: { output: { manualChunks: name } as object } };
  }

  /** Assigns chunks from the module graph of a build. */
  read(graph: Graph): void {
    this.#chunks.clear();
    const ids = [...graph.getModuleIds()];
    const entries = ids.filter((id) => graph.getModuleInfo(id)?.isEntry);
    const lazy = new Set(ids.flatMap((id) => graph.getModuleInfo(id)?.dynamicallyImportedIds ?? []));
    /** Module id → indexes of the entries that load the module immediately. */
    const loadedBy = new Map<string, number[]>();
    for (const [index, entry] of entries.entries())
      for (const id of closure([entry], graph)) loadedBy.set(id, [...(loadedBy.get(id) ?? []), index]);
    const loadedLater = closure([...lazy], graph);
    for (const [id, by] of loadedBy) {
      if (graph.getModuleInfo(id)?.isEntry) continue;
      const isVendor = RARELY_CHANGED.test(id) || id.startsWith(CLIENT);
      if (!isVendor && (lazy.has(id) || (by.length === 1 && !loadedLater.has(id)))) continue;
      // In a multi-page build, modules that all entries load share a chunk. Others are grouped by the entries that load
      // them.
      const suffix = by.length === entries.length ? "" : `-${by.join("-")}`;
      this.#chunks.set(id, `${isVendor ? "vendor" : "shared"}${suffix}`);
    }
  }
}

/** Returns the modules and all their static imports. */
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
