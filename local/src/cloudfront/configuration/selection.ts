/** The headers, cookies or query parameters that a policy selects. */
export interface Selection {
  kind: "none" | "some" | "all";
  /** Whether a name is selected. Header names are in lower case; names of cookies and parameters are case-sensitive. */
  has(name: string): boolean;
  /** The listed names; empty for "none", "all" and "all except". */
  names: readonly string[];
}

const NONE: Selection = { kind: "none", has: () => false, names: [] };
const ALL: Selection = { kind: "all", has: () => true, names: [] };

/** @param behavior `none`, `whitelist`, `all`, `allExcept`, `allViewer`, `allViewerAndWhitelistCloudFront` */
export function compileSelection(
  behavior: string | undefined,
  items: readonly string[] = [],
  fold?: "lower-case",
): Selection {
  const names = fold === "lower-case" ? items.map((item) => item.toLowerCase()) : items;
  const listed = new Set(names);
  switch (behavior ?? "none") {
    case "none":
      return NONE;
    case "whitelist":
      return { kind: "some", has: (name) => listed.has(name), names };
    case "allExcept":
      return { kind: "some", has: (name) => !listed.has(name), names: [] };
    case "allViewerAndWhitelistCloudFront":
      return { kind: "some", has: (name) => !name.startsWith("cloudfront-") || listed.has(name), names };
    case "all":
    case "allViewer":
      return ALL;
    default:
      throw new TypeError(`A policy has an unknown behavior: ${behavior}.`);
  }
}

/** Returns the selected parameters of a raw query string, unchanged and in order. */
export function selectQuery(query: string, ...selections: (Selection | undefined)[]): string {
  if (query === "" || selections.some((selection) => selection?.kind === "all")) return query;
  return query
    .split("&")
    .filter((pair) => {
      const end = pair.indexOf("=");
      return isMeant(end === -1 ? pair : pair.slice(0, end), selections);
    })
    .join("&");
}

/** Returns the selected cookies of `Cookie` header lines as one line; empty if none is selected. */
export function selectCookies(
  lines: readonly string[] | undefined,
  ...selections: (Selection | undefined)[]
): string {
  if (lines === undefined) return "";
  if (lines.length === 1 && selections.some((selection) => selection?.kind === "all")) return lines[0]!;
  return lines
    .flatMap((line) => line.split(";"))
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "" && isMeant(cookieName(pair), selections))
    .join("; ");
}

function cookieName(pair: string): string {
  const end = pair.indexOf("=");
  return end === -1 ? pair : pair.slice(0, end).trimEnd();
}

function isMeant(name: string, selections: (Selection | undefined)[]): boolean {
  return selections.some((selection) => selection?.has(name));
}
