import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { LockstepError } from "../../base/lockstep-error.ts";

/** A file in the output of a build. */
export interface BuiltFile {
  /** Path relative to the output folder, with slashes. */
  name: string;
  /** Path on this machine. */
  path: string;
}

/**
 * Lists the files of a build, sorted by name. Follows symbolic links whose target is inside the build.
 *
 * @throws LockstepError BUILD_INCOMPLETE if the folder does not exist, or contains something that cannot be released: a
 *   broken link, a link out of the build, a socket
 */
export async function listBuild(folder: string): Promise<BuiltFile[]> {
  const root = await realpath(folder).catch((cause: unknown) => {
    throw new LockstepError("BUILD_INCOMPLETE", `The build did not write ${folder}.`, { cause });
  });
  const files = await walk(folder, "", { root, above: [root] });
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Position {
  root: string;
  /** Real paths of the folders around this one. A link to one of them would be an endless loop. */
  above: readonly string[];
}

async function walk(folder: string, prefix: string, { root, above }: Position): Promise<BuiltFile[]> {
  const found: BuiltFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = prefix + entry.name;
    const path = join(folder, entry.name);
    const real = entry.isSymbolicLink() ? await linkTarget(path, name, root) : undefined;
    const kind = real === undefined ? entry : await stat(real);
    if (kind.isFile()) found.push({ name, path });
    else if (kind.isDirectory()) {
      const here = real ?? (await realpath(path));
      if (above.includes(here)) throw refused(name, "is a symbolic link to a folder that contains it");
      found.push(...(await walk(path, `${name}/`, { root, above: [...above, here] })));
    } else throw refused(name, "is neither a file nor a folder");
  }
  return found;
}

async function linkTarget(path: string, name: string, root: string): Promise<string> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw refused(name, "is a broken symbolic link", cause);
  });
  if (real !== root && !real.startsWith(root + sep))
    throw refused(
      name,
      `is a symbolic link to ${real}, which is outside the build. Copy the file into the build instead`,
    );
  return real;
}

function refused(name: string, why: string, cause?: unknown): LockstepError {
  return new LockstepError("BUILD_INCOMPLETE", `${name} ${why}.`, { cause });
}
