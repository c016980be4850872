import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isVersionId } from "@lockstep/edge/version-id";
import { z } from "zod";
import { LockstepError } from "../../base/lockstep-error.ts";
import type { LockstepConfig } from "../../config/config.ts";
import { type BuildVersion, buildSideBySide, pushImage } from "./build-version.ts";
import type { GitState } from "./git-state.ts";
import { readWebFiles, servingOf, type WebFile } from "./web-files.ts";

/** What `npm run build -- --out <dir>` leaves: `web/`, `api/`, and this as `build.json`. */
const buildRecord = z.object({
  id: z.string().refine((id): boolean => isVersionId(id)),
  commit: z.string().regex(/^[0-9a-f]{7,64}$/),
  dirty: z.boolean(),
});
type BuildRecord = z.infer<typeof buildRecord>;

const RECORD = "build.json";

/**
 * Keeps a build in a folder, to be released later, elsewhere, or more than once. The folder is complete or not there.
 *
 * @throws LockstepError OUT_IN_USE when something else than a kept build is there
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
  // Links stay as they are written: one that leads out of the build is refused when it is released.
  await cp(folders.web, join(partial, "web"), { recursive: true, verbatimSymlinks: true });
  await cp(folders.api, join(partial, "api"), { recursive: true });
  await writeFile(join(partial, RECORD), `${JSON.stringify(record, undefined, 2)}\n`);
  await rm(out, { recursive: true, force: true });
  await rename(partial, out);
}

/** What is replaced is deleted: only an earlier build may be. */
export async function refuseOtherFiles(out: string): Promise<void> {
  const there = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw new LockstepError("OUT_IN_USE", `${out} is no folder (${error.code}).`, { cause: error });
  });
  const others = there.filter((name) => !["web", "api", RECORD].includes(name));
  const isSaved = others.length === 0 && (await readSavedBuild(out).catch(() => undefined)) !== undefined;
  if (there.length > 0 && !isSaved)
    throw new LockstepError(
      "OUT_IN_USE",
      `${out} holds ${there.slice(0, 3).join(", ")} and is no kept build.`,
    );
}

/** @throws LockstepError BUILD_INCOMPLETE when the folder is none that `saveBuild` left */
export async function readSavedBuild(folder: string): Promise<BuildRecord> {
  try {
    return buildRecord.parse(JSON.parse(await readFile(join(folder, RECORD), "utf8")));
  } catch (cause) {
    throw new LockstepError(
      "BUILD_INCOMPLETE",
      `${folder} is no kept build (${(cause as Error).message.split("\n", 1)[0]}). Make one: npm run build -- --out ${folder}`,
      { cause },
    );
  }
}

/** @throws LockstepError GIT_DIRTY for a build of what no commit held; not with `allowDirty` */
export function gitStateOf({ id, commit, dirty }: BuildRecord, allowDirty: boolean): GitState {
  if (dirty && !allowDirty) throw new LockstepError("GIT_DIRTY", `${id} was built from uncommitted changes.`);
  return { commit, dirty };
}

/**
 * A version of a build that was kept: its pages are stamped with the new version's id, everything else is as it was built.
 *
 * @param image an image that was pushed before; without it `api/` becomes one
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
 * The files of a version where its build left them; `undefined` when another build, or none, is there.
 *
 * @param builtAs of a kept build: the id that stands in its pages
 */
export async function readOwnBuild(
  folder: string,
  id: string,
  { builtAs, config }: { builtAs?: string; config?: Pick<LockstepConfig, "web" | "api"> } = {},
): Promise<WebFile[] | undefined> {
  try {
    return await readWebFiles(folder, id, { builtAs, ...(config && { serving: servingOf(config) }) });
  } catch (error) {
    if (error instanceof LockstepError && error.code === "BUILD_INCOMPLETE") return undefined;
    throw error;
  }
}
