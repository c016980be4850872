import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { LockstepError } from "../../base/lockstep-error.ts";

/** A file that a build left. */
export interface BuiltFile {
  /** Relative to the folder of the build, with slashes. */
  name: string;
  /** On this machine. */
  path: string;
}

/**
 * The files of a build, in the order of their names. A symbolic link to something inside the build is followed.
 *
 * @throws LockstepError BUILD_INCOMPLETE when there is no such folder, and naming what cannot be released: a link that is broken or leads
 *   out of the build, a socket
 */
export async function listBuild(folder: string): Promise<BuiltFile[]> {
  const root = await realpath(folder).catch((cause: unknown) => {
    throw new LockstepError("BUILD_INCOMPLETE", `The build left no folder ${folder}.`, { cause });
  });
  const files = await walk(folder, "", { root, above: [root] });
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Place {
  root: string;
  /** Real paths of the folders around this one: a link to one of them would never end. */
  above: readonly string[];
}

async function walk(folder: string, prefix: string, { root, above }: Place): Promise<BuiltFile[]> {
  const found: BuiltFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = prefix + entry.name;
    const path = join(folder, entry.name);
    const real = entry.isSymbolicLink() ? await linkTarget(path, name, root) : undefined;
    const kind = real === undefined ? entry : await stat(real);
    if (kind.isFile()) found.push({ name, path });
    else if (kind.isDirectory()) {
      const here = real ?? (await realpath(path));
      if (above.includes(here)) throw refused(name, "is a symbolic link to a folder that it is in");
      found.push(...(await walk(path, `${name}/`, { root, above: [...above, here] })));
    } else throw refused(name, "is neither a file nor a folder");
  }
  return found;
}

async function linkTarget(path: string, name: string, root: string): Promise<string> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw refused(name, "is a symbolic link to something that does not exist", cause);
  });
  if (real !== root && !real.startsWith(root + sep))
    throw refused(
      name,
      `is a symbolic link out of the build, to ${real}. Copy the file into the build instead`,
    );
  return real;
}

function refused(name: string, why: string, cause?: unknown): LockstepError {
  return new LockstepError("BUILD_INCOMPLETE", `${name} ${why}.`, { cause });
}
