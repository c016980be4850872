import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { BUILD_MANIFEST } from "../names.ts";

/** How a build was made. The release compares it with lockstep.config.ts. */
export interface BuildSettings {
  version: string;
  /** Path patterns that the build's pages pin. */
  paths: string[];
  /** Path of the site on its host. */
  base: string;
  /** Folders of files that all versions share. */
  hashedFolders: string[];
}

/** All files of a build, sorted by name: `"files": {"assets/app-1a2b.js": {"bytes", "sha256"}, …}`. */
export interface FileManifest extends BuildSettings {
  files: Record<string, { bytes: number; sha256: string }>;
}

/** Lists all files in a build's folder, public files included, and writes the list to that folder. */
export async function writeFileManifest(folder: string, settings: BuildSettings): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const manifest: FileManifest = { ...settings, files: {} };
  for (const path of paths.sort()) {
    const name = relative(folder, path).split(sep).join("/");
    if (name === BUILD_MANIFEST) continue;
    const body = await readFile(path);
    manifest.files[name] = {
      bytes: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
    };
  }
  await writeFile(join(folder, BUILD_MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
}
