import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Name of the manifest in the build's folder. */
const MANIFEST_FILE = "lockstep-files.json";

/** How a build was made: what the release compares with lockstep.config.ts. */
export interface BuildSettings {
  version: string;
  /** Path patterns that the build's pages pin. */
  paths: string[];
  /** Where the site is on its host. */
  base: string;
  /** Folders of files that all versions share. */
  hashedFolders: string[];
}

/** All that a build consists of, in the order of the names: `"files": {"assets/app-1a2b.js": {"bytes", "sha256"}, …}`. */
export interface FileManifest extends BuildSettings {
  files: Record<string, { bytes: number; sha256: string }>;
}

/** Lists what a build left in its folder, public files too, and writes the list there. */
export async function writeFileManifest(folder: string, settings: BuildSettings): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const manifest: FileManifest = { ...settings, files: {} };
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
