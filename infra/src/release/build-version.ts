import type { LockstepConfig } from "../config/config.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";
import { allOrAbort } from "./all-or-abort.ts";
import { buildPart } from "./build-parts.ts";
import { makeImage } from "./make-image.ts";
import type { Progress } from "./progress.ts";
import { readWebFiles, type WebFile } from "./web-files.ts";

/** What a version is made of, before it is anywhere. */
export interface Built {
  files: WebFile[];
  /** The API's image by digest, pushed. */
  image: string;
}

/** Builds frontend and API side by side, and pushes the API's image. */
export async function buildVersion(
  id: string,
  { config, outputs, progress }: { config: LockstepConfig; outputs: PlatformOutputs; progress: Progress },
): Promise<Built> {
  const [files, image] = await allOrAbort<[WebFile[], string]>([
    (signal) =>
      progress.step("Build web", async (note) => {
        const files = await readWebFiles(await buildPart("web", id, config, signal), id);
        note(`${files.length} files`);
        return files;
      }),
    async (signal) => {
      const folder = await progress.step("Build API", () => buildPart("api", id, config, signal));
      return progress.step("Push image", async (note) => {
        const { imageRepositoryUri } = outputs;
        const image = await makeImage({ folder, id, config, repositoryUri: imageRepositoryUri, signal });
        note(image.slice(image.indexOf("@") + 1, image.indexOf("@") + 20));
        return image;
      });
    },
  ]);
  return { files, image };
}
