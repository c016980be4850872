/** Pages are told by the name, as their content type is. */
export function isPage(name: string): boolean {
  return /\.html?$/i.test(name);
}

/** An attribute of `<meta name="lockstep-version">`, in whichever order a build writes them. */
export function metaOf(html: string, attribute: string): string | undefined {
  const meta = /<meta\b[^>]*\bname=["']?lockstep-version["']?(?=[\s>/])[^>]*>/i.exec(html)?.[0];
  if (meta === undefined) return undefined;
  const found = new RegExp(`\\s${attribute}=(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(meta);
  return found === null ? undefined : (found[1] ?? found[2] ?? found[3]);
}
