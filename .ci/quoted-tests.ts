import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Matches a test file in backticks, or a test name: in quotes, or in double backticks if the name is a template. */
const TOKEN = /(?<!`)`((?:[\w-]+\/)?test\/[\w./-]+\.tsx?)`(?!`)|"([^"\n]+)"|`` ?`?(.+?)`? ?``/g;

/**
 * Checks that every test that a document quotes exists: `path/to/file.test.ts` — "name", "name".
 *
 * @returns one sentence for each quote that is not found
 */
export function missingQuotes(root: string, document: string): { checked: number; missing: string[] } {
  const missing: string[] = [];
  let checked = 0;
  for (const line of readFileSync(join(root, document), "utf8").split(/\n(?=- |\n)/)) {
    let file: string | undefined;
    for (const [, path, quoted, template] of line.matchAll(TOKEN)) {
      if (path !== undefined) {
        file = path;
        if (!existsSync(join(root, path))) missing.push(`${document} names ${path}, which does not exist`);
        continue;
      }
      const name = quoted ?? template;
      if (file === undefined || name === undefined || !existsSync(join(root, file))) continue;
      checked++;
      if (!readFileSync(join(root, file), "utf8").includes(name))
        missing.push(`${document} quotes "${name}", which ${file} does not contain`);
    }
  }
  return { checked, missing };
}
