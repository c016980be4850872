import { buildPrefix } from "@lockstep/edge/build-path";
import { encodePathTable, type PathTable } from "@lockstep/edge/encode-path-table";
import type { Manifest } from "./manifest.ts";

/** The part of the pointer that says which paths are files of current (edge/src/path-table.ts). */
export interface ProjectedTable {
  /** By key of the KeyValueStore; empty when the functions are to take every path for a file. */
  keys: PathTable;
  /** Whether the build has files at paths without a dot: then `current` is marked. */
  plainFiles: boolean;
}

/** Of a version whose files are not known: the functions do without a table. */
export const NO_TABLE: ProjectedTable = { keys: {}, plainFiles: false };

/**
 * The path table of a version. A version with too many files for one has none: a release refuses such a build, and a version of an
 * earlier release stays usable.
 */
export function projectTable(id: string, manifest: Manifest): ProjectedTable {
  const names = fileNames(id, manifest.keys());
  const keys = encodePathTable(id, names);
  return keys === undefined ? NO_TABLE : { keys, plainFiles: names.some((name) => !name.includes(".")) };
}

/** What a version has under its own prefix, relative to it. */
function fileNames(id: string, keys: Iterable<string>): string[] {
  const prefix = buildPrefix(id);
  return [...keys].flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
}
