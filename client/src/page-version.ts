/** Name of the `<meta>` element by which a page carries its version. Stamped by the Vite plugin, in the HTML only. */
export const VERSION_META = "lockstep-version";

/** The version that this page was built as; `undefined` for a page without a stamp (Vite's dev server). */
export function readPageVersion(page: Pick<Document, "querySelector">): string | undefined {
  return page.querySelector(`meta[name="${VERSION_META}"]`)?.getAttribute("content") || undefined;
}
