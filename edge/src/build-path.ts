import { isVersionId, VERSION_ID_LENGTH } from "./version-id.ts";

/** The folder with a subfolder for each version's own files, as a path on the distribution. */
export const BUILDS_PATH = "/builds/";

/** The prefix of a version's own files (all but the shared ones) among the keys of the web bucket. */
export function buildPrefix(id: string): string {
  return `${BUILDS_PATH.slice(1)}${id}/`;
}

/** Whether a normalized path names a file of some version's build, such as a page's own lazy chunk or a source map. */
export function isBuildFile(path: string): boolean {
  const end = BUILDS_PATH.length + VERSION_ID_LENGTH;
  return (
    path.startsWith(BUILDS_PATH) &&
    path.charAt(end) === "/" &&
    path.length > end + 1 &&
    isVersionId(path.slice(BUILDS_PATH.length, end))
  );
}
