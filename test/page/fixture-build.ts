import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lockstep } from "@lockstep/client/vite";
import { BUILD_MANIFEST } from "@lockstep/edge/names";
import { build, type InlineConfig } from "vite";
import type { TestProject } from "vitest/node";

export const FIXTURE = fileURLToPath(new URL("fixture", import.meta.url));
/** Path patterns of the services. */
export const PATHS = ["/api/*", "/graphql"];

/** The version that the shared build of the fixture carries, and its poll interval. `restamp` replaces both. */
const BUILT_AS = "20260101-000000-0000000";
const BUILT_POLL = 'data-poll="300"';

/** File name within a build → content. */
export type BuiltFiles = Map<string, Buffer>;

/**
 * Builds the fixture once for all page tests: a build of it differs between versions only by the id in its text files.
 * `fixture-build.test.ts` shows that.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-fixture-"));
  await buildVersion(BUILT_AS, folder);
  project.provide("fixtureBuild", folder);
  return () => rm(folder, { recursive: true, force: true });
}

/** Builds an app, by default the fixture, with the plugin, as `vite build` does in a release. */
export async function buildVersion(
  id: string,
  outDir: string,
  config: InlineConfig = { root: FIXTURE },
): Promise<void> {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production"; // otherwise libraries include their development checks
  try {
    await build({
      configFile: false,
      logLevel: "silent",
      ...config,
      build: { emptyOutDir: true, ...config.build, outDir },
      plugins: [...(config.plugins ?? []), lockstep({ version: id, paths: PATHS })],
    });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

/** Reads the files of a build that a release uploads: all but the manifest, which only the release reads. */
export async function readBuild(folder: string): Promise<BuiltFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== BUILD_MANIFEST);
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path)] as const),
    ),
  );
}

/** Returns the shared build as the build of another version. `pollSeconds` may be below the plugin's minimum of 1. */
export function restamp(files: BuiltFiles, id: string, pollSeconds = 300): BuiltFiles {
  return new Map(
    [...files].map(([name, content]) => {
      const text = content.toString("latin1");
      const stamped = text.replaceAll(BUILT_AS, id).replace(BUILT_POLL, `data-poll="${pollSeconds}"`);
      return [name, stamped === text ? content : Buffer.from(stamped, "latin1")];
    }),
  );
}

declare module "vitest" {
  interface ProvidedContext {
    fixtureBuild: string;
  }
}
