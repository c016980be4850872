import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";

/** Matches relative specifiers of imports and re-exports, including those of types. */
const IMPORT = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

type Graph = Map<string, Set<string>>;

/**
 * Finds import cycles between the files of a folder, and between its rooms. A room is a subfolder, or a file outside all
 * subfolders.
 *
 * @returns one sentence for each cycle
 */
export function importCycles(folder: string): string[] {
  const files = globSync("**/*.{ts,tsx}", { cwd: folder }).sort();
  const graph: Graph = new Map(files.map((file) => [file, importsOf(folder, file)]));
  const rooms: Graph = new Map();
  for (const [file, targets] of graph) {
    const from = roomOf(file);
    const known = rooms.get(from) ?? new Set();
    rooms.set(from, known);
    for (const to of targets) if (roomOf(to) !== from) known.add(roomOf(to));
  }
  return [
    ...cycles(graph).map((cycle) => `Import cycle between files: ${cycle.join(" → ")}`),
    ...cycles(rooms).map((cycle) => `Import cycle between folders: ${cycle.join(" → ")}`),
  ];
}

function roomOf(file: string): string {
  return file.split(sep)[0]!;
}

function importsOf(folder: string, file: string): Set<string> {
  const text = readFileSync(join(folder, file), "utf8");
  const targets = [...text.matchAll(IMPORT)].map(([, path]) => normalize(join(dirname(file), path!)));
  return new Set(targets.filter((path) => !path.startsWith("..") && existsSync(join(folder, path))));
}

/** Returns one cycle of each group of nodes that reach each other (Tarjan's strongly connected components). */
function cycles(graph: Graph): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) found.push(cycleIn(group, graph));
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}

/** Returns the shortest cycle through the first node of a group. */
function cycleIn(group: readonly string[], graph: Graph): string[] {
  const start = group[0]!;
  const from = new Map<string, string>();
  const queue = [start];
  for (const node of queue)
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const path = [start];
        for (let at: string | undefined = node; at !== undefined && at !== start; at = from.get(at))
          path.unshift(at);
        return [start, ...path];
      }
      if (group.includes(next) && !from.has(next)) {
        from.set(next, node);
        queue.push(next);
      }
    }
  return [...group];
}
