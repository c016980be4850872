import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Name of the manifest in the build's folder. */
const MANIFEST_FILE = "lockstep-files.json";

/** All that a build consists of: `{"version", "files": {"assets/app-1a2b.js": {"bytes", "sha256"}, …}}`, in the order of the names. */
export interface FileManifest {
  version: string;
  files: Record<string, { bytes: number; sha256: string }>;
}

/** Lists what a build left in its folder, public files too, and leaves the list there. */
export async function writeFileManifest(folder: string, version: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const manifest: FileManifest = { version, files: {} };
  for (const path of paths.sort()) {
    const name = relative(folder, path).split(sep).join("/");
    if (name === MANIFEST_FILE) continue;
    const body = await readFile(path);
    manifest.files[name] = {
      bytes: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
    };
  }
  await writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 1)}\n`);
}
