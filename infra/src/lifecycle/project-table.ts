import { buildPrefix } from "@lockstep/edge/build-path";
import { encodePathTable, type PathTable } from "@lockstep/edge/encode-path-table";
import type { Manifest } from "./manifest.ts";

/** The part of the pointer that lists the paths of the files of current (edge/src/path-table.ts). */
export interface ProjectedTable {
  /** By key of the KeyValueStore; empty if there is no table. */
  keys: PathTable;
  /** Whether the build has files at paths without a dot. Then `current` has a mark. */
  plainFiles: boolean;
}

/** For a version whose files are unknown. The functions work without a table. */
export const NO_TABLE: ProjectedTable = { keys: {}, plainFiles: false };

/**
 * Projects the path table of a version. A version with too many files gets no table: releases refuse such a build now,
 * but a version of an earlier release must stay usable.
 */
export function projectTable(id: string, manifest: Manifest): ProjectedTable {
  const names = fileNames(id, manifest.keys());
  const keys = encodePathTable(id, names);
  return keys === undefined ? NO_TABLE : { keys, plainFiles: names.some((name) => !name.includes(".")) };
}

/** The files below the prefix of a version, relative to it. */
function fileNames(id: string, keys: Iterable<string>): string[] {
  const prefix = buildPrefix(id);
  return [...keys].flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
}
