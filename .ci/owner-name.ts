import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Checks that the local AWS knows nothing of Lockstep: its source and tests do not contain the name, in any spelling.
 *
 * @returns one sentence for each line with the name
 */
export function ownerName(root: string): string[] {
  return globSync("local/{src,test}/**/*.{ts,json,md}", { cwd: root })
    .sort()
    .flatMap((path) =>
      readFileSync(join(root, path), "utf8")
        .split("\n")
        .flatMap((line, index) =>
          /lockstep/i.test(line) ? [`${path}:${index + 1} names Lockstep, which local/ must not know`] : [],
        ),
    );
}
