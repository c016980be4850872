/**
 * Whether CloudFront applies this path pattern to a path: `*` matches any text, including slashes and the empty text,
 * `?` matches one character, case matters, and the slash at the start of a pattern is optional (Developer Guide, "Path
 * pattern").
 *
 * It uses no regular expression, because a pattern with many wildcards could make one very slow.
 */
export function matchesPath(pattern: string, path: string): boolean {
  const first = pattern.charAt(0);
  const glob = first === "/" || first === "*" ? pattern : `/${pattern}`;
  let at = 0;
  let inPath = 0;
  // The last star, and the end of the text that it matches so far.
  let star = -1;
  let starEnd = 0;
  while (inPath < path.length) {
    const wanted = glob.charAt(at);
    if (wanted === "*") {
      star = at++;
      starEnd = inPath;
    } else if (at < glob.length && (wanted === "?" || wanted === path.charAt(inPath))) {
      at++;
      inPath++;
    } else if (star !== -1) {
      at = star + 1;
      inPath = ++starEnd;
    } else return false;
  }
  while (glob.charAt(at) === "*") at++;
  return at === glob.length;
}

/** Whether a path matches one of the patterns. */
export function matchesAny(patterns: readonly string[], path: string): boolean {
  for (let i = 0; i < patterns.length; i++) {
    if (matchesPath(patterns[i] as string, path)) return true;
  }
  return false;
}

/** Matches percent-encoded letters, digits, `-`, `.`, `_` and `~`. */
const NEEDLESS_ESCAPE = /%(2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/gi;

/**
 * Resolves a path like a browser, then normalizes it as CloudFront does before it compares a path with patterns:
 * decodes needless escapes, resolves `.` and `..` segments, and merges repeated slashes (RFC 3986, section 6; Developer
 * Guide, "Path normalization"). The service still gets the raw path.
 */
export function comparedPath(path: string): string {
  if (path.indexOf("/.") === -1 && path.indexOf("//") === -1 && path.indexOf("%") === -1) return path;
  const segments = path.replace(NEEDLESS_ESCAPE, decodeURIComponent).split("/");
  const kept: string[] = [];
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i] as string;
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
    if (i === segments.length - 1 && (segment === "." || segment === "..")) kept.push("");
  }
  return `/${kept.join("/")}`.replace(/\/{2,}/g, "/");
}
