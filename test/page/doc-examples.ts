import { readFile } from "node:fs/promises";

/** Returns the code block of docs/page.md with this file name. Throws if there is none. */
export async function docExample(name: string): Promise<string> {
  const text = await readFile(new URL("../../docs/page.md", import.meta.url), "utf8");
  const blocks = [...text.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)];
  const block = blocks.find(([, file]) => file === name);
  if (!block) throw new Error(`docs/page.md has no example ${name}.`);
  return block[2]!;
}
