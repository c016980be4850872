import { buildPrefix } from "./names.ts";
import { isVersionId, VERSION_ID_LENGTH } from "./version-id.ts";

const BUILDS = "/builds/";

/** Where a version keeps its page, whatever the path that asks for it. */
export function documentPath(current: string): string {
  return `${buildPrefix(current)}index.html`;
}

/** Where the current version keeps what a path asks for. `path` is normalised: the answer never leaves the version's folder. */
export function filePath(path: string, current: string): string {
  return path === "/" ? documentPath(current) : buildPrefix(current) + path.slice(1);
}

/** Whether a normalised path names a file of one build, of whatever version: a page's own lazy chunk, a source map. */
export function isBuildFile(path: string): boolean {
  const end = BUILDS.length + VERSION_ID_LENGTH;
  return (
    path.startsWith(BUILDS) &&
    path.charAt(end) === "/" &&
    path.length > end + 1 &&
    isVersionId(path.slice(BUILDS.length, end))
  );
}
