/** Whether a file is a page. Decided by its name, like its content type. */
export function isPage(name: string): boolean {
  return /\.html?$/i.test(name);
}

/** Reads an attribute of `<meta name="lockstep-version">`, in whatever order the build writes the attributes. */
export function metaOf(html: string, attribute: string): string | undefined {
  const meta = /<meta\b[^>]*\bname=["']?lockstep-version["']?(?=[\s>/])[^>]*>/i.exec(html)?.[0];
  if (meta === undefined) return undefined;
  const found = new RegExp(`\\s${attribute}=(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(meta);
  return found === null ? undefined : (found[1] ?? found[2] ?? found[3]);
}

/** The version that a page names in its `<meta name="lockstep-version">`; `undefined` if it names none. */
export function pageVersion(html: string): string | undefined {
  return metaOf(html, "content");
}
