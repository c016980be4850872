/**
 * Whether a path belongs to a cache behavior: `*` stands for any characters (also none, also slashes), `?` for exactly
 * one; case counts; a leading slash of the pattern may be left out (Developer Guide, "Path pattern").
 */
export function compilePathPattern(pattern: string): (normalizedPath: string) => boolean {
  const rooted = pattern.startsWith("/") || pattern.startsWith("*") ? pattern : `/${pattern}`;
  if (rooted === "*" || rooted === "/*") return () => true;
  const prefix = rooted.slice(0, -1);
  if (rooted.endsWith("*") && !/[*?]/.test(prefix)) return (path) => path.startsWith(prefix);
  if (!/[*?]/.test(rooted)) return (path) => path === rooted;
  const source = rooted
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll(/\*+/g, ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`, "s");
  return (path) => expression.test(path);
}

/**
 * A path as CloudFront compares it with the patterns: dot segments and repeated slashes are gone, and what needs no
 * percent-encoding is decoded (RFC 3986, section 6). The origin and the functions still get the path that the viewer sent.
 */
export function normalizePath(path: string): string {
  if (!path.includes("%") && !path.includes("//") && !path.includes("/.")) return path;
  const decoded = path.replaceAll(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : encoded.toUpperCase();
  });
  const kept: string[] = [];
  const segments = decoded.split("/");
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === "..") kept.pop();
    if (segment === "" || segment === "." || segment === "..") {
      if (last) kept.push("");
    } else kept.push(segment);
  }
  return `/${kept.join("/")}`;
}
