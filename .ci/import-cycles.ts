import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";

/** Matches relative specifiers of imports and re-exports, including those of types. */
const IMPORT = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

type Graph = Map<string, Set<string>>;

/**
 * Finds import cycles between the files of a folder, and between the rooms of the folder and of each folder below it. The rooms
 * of a folder are its subfolders, each with everything below it, and one more for the files directly in it. At the top each such
 * file is a room.
 *
 * @returns one sentence for each cycle
 */
export function importCycles(folder: string): string[] {
  // No file imports a test, so a test is in no cycle.
  const files = globSync("**/*.{ts,tsx}", {
    cwd: folder,
    exclude: ["**/*.test.{ts,tsx}", "node_modules/**"],
  }).sort();
  const graph: Graph = new Map(files.map((file) => [file, importsOf(folder, file)]));
  const parents = new Set(["", ...files.flatMap(foldersOf)]);
  return [
    ...cycles(graph).map((cycle) => `Import cycle between files: ${cycle.join(" → ")}`),
    ...[...parents].flatMap((parent) =>
      cycles(roomsIn(parent, graph)).map(
        (cycle) => `Import cycle between rooms${parent && ` of ${parent}`}: ${cycle.join(" → ")}`,
      ),
    ),
  ];
}

/** The folders around a file, outermost first. */
function foldersOf(file: string): string[] {
  const parts = file.split(sep).slice(0, -1);
  return parts.map((_part, depth) => parts.slice(0, depth + 1).join(sep));
}

/** The imports between the rooms of one folder. */
function roomsIn(parent: string, graph: Graph): Graph {
  const rooms: Graph = new Map();
  for (const [file, targets] of graph) {
    const from = roomOf(file, parent);
    if (from === undefined) continue;
    const known = rooms.get(from) ?? new Set();
    rooms.set(from, known);
    for (const target of targets) {
      const to = roomOf(target, parent);
      if (to !== undefined && to !== from) known.add(to);
    }
  }
  return rooms;
}

/** The room of a file among those of a folder; `undefined` if the file is not below the folder. */
function roomOf(file: string, parent: string): string | undefined {
  if (parent === "") return file.split(sep)[0]!;
  if (!file.startsWith(parent + sep)) return undefined;
  const [room, ...rest] = file.slice(parent.length + 1).split(sep);
  return rest.length === 0 ? `${parent} (own files)` : `${parent}${sep}${room}`;
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
