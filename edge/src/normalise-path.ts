/** What a plain path never holds: an unusual character, an escape, a dot at the start of a segment, a double slash. */
const UNUSUAL = /[^!$&-9:;=@A-Z_a-z~]|\/[./]|^[^/]/;
const ESCAPE = /^[0-9A-Fa-f]{2}/;

/**
 * A path that begins with one slash and has no `.`, `..` or empty segment, however they are written (`%2e`, `%2F`, `\`),
 * and no character that a request line cannot hold. It can be put behind a prefix and never leads out of it.
 *
 * S3 decodes an escape once and takes the rest as the key's own letters, so decoding the dots and slashes once is enough.
 */
export function normalisePath(uri: string): string {
  if (uri !== "" && !UNUSUAL.test(uri)) return uri;
  const segments = asAscii(uri)
    .replace(/%2e/gi, ".")
    .replace(/%2f|%5c/gi, "/")
    .replace(/\?/g, "%3F")
    .replace(/#/g, "%23")
    .split("/");
  const kept: string[] = [];
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const last = segments[segments.length - 1];
  const isFolder = kept.length > 0 && (last === "" || last === "." || last === "..");
  return `/${kept.join("/")}${isFolder ? "/" : ""}`;
}

/**
 * Percent-encodes what must not stand in a path, and a `%` that begins no escape. Without a regular expression that replaces
 * all: njs 0.7 does not end on some texts that mix bytes and wider characters.
 */
function asAscii(uri: string): string {
  const parts = uri.split("%");
  parts[0] = encoded(parts[0] as string);
  for (let i = 1; i < parts.length; i++) {
    const part = parts[i] as string;
    parts[i] = ESCAPE.test(part) ? `%${part.slice(0, 2)}${encoded(part.slice(2))}` : `%25${encoded(part)}`;
  }
  return parts.join("");
}

function encoded(text: string): string {
  try {
    return encodeURI(text);
  } catch (_halfACharacter) {
    return "%EF%BF%BD"; // the replacement character
  }
}
