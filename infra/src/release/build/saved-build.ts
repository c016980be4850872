import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isVersionId } from "@lockstep/edge/version-id";
import { z } from "zod";
import { formatList } from "../../base/format.ts";
import { LockstepError } from "../../base/lockstep-error.ts";
import type { LockstepConfig } from "../../config/config.ts";
import { type BuildVersion, buildSideBySide, pushImage } from "./build-version.ts";
import type { GitState } from "./git-state.ts";
import { readWebFiles, servingOf, type WebFile } from "./web-files.ts";

/** The file `build.json` in a saved build, beside `web/` and `api/`. */
const buildRecord = z.object({
  id: z.string().refine((id): boolean => isVersionId(id)),
  commit: z.string().regex(/^[0-9a-f]{7,64}$/),
  dirty: z.boolean(),
});
type BuildRecord = z.infer<typeof buildRecord>;

const RECORD = "build.json";

/**
 * Saves a build in a folder, so that it can be released later, on another machine, or more than once. Replaces an
 * earlier saved build. If the process is killed, the folder is complete or missing.
 *
 * @throws LockstepError OUT_IN_USE if the folder contains anything but a saved build
 */
export async function saveBuild(
  out: string,
  record: BuildRecord,
  folders: { web: string; api: string },
): Promise<void> {
  await refuseOtherFiles(out);
  const partial = `${resolve(out)}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  // Links are copied as links. The release refuses a link out of the build.
  await cp(folders.web, join(partial, "web"), { recursive: true, verbatimSymlinks: true });
  await cp(folders.api, join(partial, "api"), { recursive: true });
  await writeFile(join(partial, RECORD), `${JSON.stringify(record, undefined, 2)}\n`);
  await rm(out, { recursive: true, force: true });
  await rename(partial, out);
}

/** Replacing the folder deletes its content, so it may only contain an earlier saved build. */
export async function refuseOtherFiles(out: string): Promise<void> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw new LockstepError("OUT_IN_USE", `${out} is not a folder (${error.code}).`, { cause: error });
  });
  const others = names.filter((name) => !["web", "api", RECORD].includes(name));
  const isSaved = others.length === 0 && (await readSavedBuild(out).catch(() => undefined)) !== undefined;
  if (names.length > 0 && !isSaved)
    throw new LockstepError(
      "OUT_IN_USE",
      `${out} contains ${formatList(names, 3)} and is not a saved build.`,
    );
}

/** @throws LockstepError BUILD_INCOMPLETE if the folder is not a saved build */
export async function readSavedBuild(folder: string): Promise<BuildRecord> {
  try {
    return buildRecord.parse(JSON.parse(await readFile(join(folder, RECORD), "utf8")));
  } catch (cause) {
    throw new LockstepError(
      "BUILD_INCOMPLETE",
      `${folder} is not a saved build (${(cause as Error).message.split("\n", 1)[0]}). Create one: npm run build -- --out ${folder}`,
      { cause },
    );
  }
}

/** @throws LockstepError GIT_DIRTY if the build contains uncommitted changes and `allowDirty` is not set */
export function gitStateOf({ id, commit, dirty }: BuildRecord, allowDirty: boolean): GitState {
  if (dirty && !allowDirty) throw new LockstepError("GIT_DIRTY", `${id} was built from uncommitted changes.`);
  return { commit, dirty };
}

/**
 * Uses a saved build for a new version. Writes the new version's id into its pages and changes nothing else.
 *
 * @param image an image in the repository. Default: builds an image from `api/`
 */
export function fromSavedBuild(folder: string, record: BuildRecord, image?: string): BuildVersion {
  return (id, options) =>
    buildSideBySide(
      options,
      (step) =>
        step.step("Read web", async ({ note }) => {
          const files = await readWebFiles(join(folder, "web"), id, {
            builtAs: record.id,
            serving: servingOf(options.config),
          });
          note(`${files.length} files, built as ${record.id}`);
          return files;
        }),
      async (step, signal) => image ?? pushImage(join(folder, "api"), id, options, step, signal),
    );
}

/**
 * Reads the files of a version from the output folder of its build; `undefined` if the folder contains no build or
 * another one.
 *
 * @param builtAs the id in the pages of a saved build
 */
export async function readOwnBuild(
  folder: string,
  id: string,
  { builtAs, config }: { builtAs?: string; config: Pick<LockstepConfig, "web" | "api"> },
): Promise<WebFile[] | undefined> {
  try {
    return await readWebFiles(folder, id, { builtAs, serving: servingOf(config) });
  } catch (error) {
    if (error instanceof LockstepError && error.code === "BUILD_INCOMPLETE") return undefined;
    throw error;
  }
}
