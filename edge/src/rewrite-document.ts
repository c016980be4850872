import { buildPrefix } from "./names.ts";
import { isVersionId, VERSION_ID_LENGTH } from "./version-id.ts";

const BUILDS = "/builds/";

/** Where the current version keeps what a path asks for. `path` is normalised: the answer never leaves the version's folder. */
export function rewritePath(path: string, isDocument: boolean, current: string): string {
  if (isDocument || path === "/") return `${buildPrefix(current)}index.html`;
  return buildPrefix(current) + path.slice(1);
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
