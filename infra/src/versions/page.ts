import { VERSION_META } from "@lockstep/edge/names";

/** Whether a file is a page, by its name, which also decides its content type. */
export function isPage(name: string): boolean {
  return /\.html?$/i.test(name);
}

const META = new RegExp(`<meta\\b[^>]*\\bname=["']?${VERSION_META}["']?(?=[\\s>/])[^>]*>`, "i");

/** Returns an attribute of `<meta name="lockstep-version">`. Builds may write the attributes in any order. */
export function metaOf(html: string, attribute: string): string | undefined {
  const meta = META.exec(html)?.[0];
  if (meta === undefined) return undefined;
  const found = new RegExp(`\\s${attribute}=(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(meta);
  return found === null ? undefined : (found[1] ?? found[2] ?? found[3]);
}

/** The version that a page names in its `<meta name="lockstep-version">`; `undefined` if it names none. */
export function pageVersion(html: string): string | undefined {
  return metaOf(html, "content");
}
