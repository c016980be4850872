/**
 * Matches a path that needs normalizing: a character to escape, a segment that starts with a dot, a missing or double
 * slash.
 */
const UNUSUAL = /[^\w\-.~!*'()/]|\/[./]|^[^/]/;

/**
 * Returns the canonical form of a path: it begins with one slash, has no `.`, `..` or empty segment in any spelling
 * (`%2e`, `%2F`, `\`), and escapes every character that `encodeURIComponent` escapes. When it is appended to a prefix,
 * the result never leaves the prefix.
 *
 * A path that cannot be decoded (`%ff`, `100%`) is escaped without decoding. S3 reads `+` in a path as a space, so a
 * `+` in a file name must reach it as `%2B`.
 */
export function normalisePath(uri: string): string {
  if (uri !== "" && uri.search(UNUSUAL) === -1) return uri;
  let text = uri;
  try {
    text = decodeURIComponent(uri);
  } catch (_noText) {
    text = uri;
  }
  const segments = text.split("\\").join("/").split("/");
  const kept: string[] = [];
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(encoded(segment));
  }
  const last = segments[segments.length - 1];
  const isFolder = kept.length > 0 && (last === "" || last === "." || last === "..");
  return `/${kept.join("/")}${isFolder ? "/" : ""}`;
}

function encoded(segment: string): string {
  try {
    return encodeURIComponent(segment);
  } catch (_halfACharacter) {
    return "%EF%BF%BD"; // the replacement character
  }
}
