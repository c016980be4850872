/**
 * Compiles the path pattern of a cache behavior. `*` matches zero or more characters, slashes included; `?` matches
 * exactly one. Patterns are case-sensitive, and their leading slash is optional (Developer Guide, "Path pattern").
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
 * Normalizes a path as CloudFront does before it compares it with patterns: removes dot segments and repeated slashes,
 * and decodes characters that need no percent-encoding (RFC 3986, section 6). Origin and functions still get the path
 * that the viewer sent.
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
