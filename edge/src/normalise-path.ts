/** What a plain path never holds: an unusual character, an escape, a dot at the start of a segment, a double slash. */
const UNUSUAL = /[^!$&-9:;=@A-Z_a-z~]|\/[./]|^[^/]/;

/**
 * A path that begins with one slash and has no `.`, `..` or empty segment, however they are written (`%2e`, `%2F`, `\`),
 * and no character that a request line cannot hold. It can be put behind a prefix and never leads out of it.
 *
 * S3 decodes an escape once and takes the rest as the key's own letters, so decoding the dots and slashes once is enough.
 */
export function normalisePath(uri: string): string {
  if (uri !== "" && !UNUSUAL.test(uri)) return uri;
  const segments = uri
    .replace(/%2e/gi, ".")
    .replace(/%2f|%5c|\\/gi, "/")
    .split("/");
  const kept: string[] = [];
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(escapeUnusual(segment));
  }
  const last = segments[segments.length - 1];
  const isFolder = kept.length > 0 && (last === "" || last === "." || last === "..");
  return `/${kept.join("/")}${isFolder ? "/" : ""}`;
}

/** Percent-encodes what must not stand in a path; a `%` that begins no escape is a percent sign. */
function escapeUnusual(segment: string): string {
  return segment.replace(/%(?![0-9A-Fa-f]{2})|[^!$%&'()*+,\-.0-9:;=@A-Z_a-z~]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  // CloudFront hands paths over as ASCII; anything else gets the replacement character instead of an exception.
  if (code > 127) return "%EF%BF%BD";
  return `%${code < 16 ? "0" : ""}${code.toString(16).toUpperCase()}`;
}
