import { allOrAbort } from "../../base/all-or-abort.ts";
import type { PlatformOutputs } from "../../base/outputs.ts";
import type { Progress, Step } from "../../base/progress.ts";
import type { LockstepConfig } from "../../config/config.ts";
import { makeImage } from "../image/make-image.ts";
import { buildPart } from "./build-parts.ts";
import { readWebFiles, servingOf, type WebFile } from "./web-files.ts";

/** What a version is made of, before it is anywhere. */
export interface Built {
  files: WebFile[];
  /** The API's image by digest, pushed. */
  image: string;
}

export interface BuildOptions {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  progress: Progress;
}

/** Makes frontend and image of a version. */
export type BuildVersion = (id: string, options: BuildOptions) => Promise<Built>;

/** Builds frontend and API side by side, and pushes the API's image. */
export const buildVersion: BuildVersion = (id, options) =>
  buildSideBySide(
    options,
    (step, signal) => buildWeb(id, options, step, signal),
    (step, signal) => buildImage(id, options, step, signal),
  );

/** Builds the frontend, for an image that was made before. */
export function buildWithImage(image: string): BuildVersion {
  return (id, options) =>
    buildSideBySide(
      options,
      (step, signal) => buildWeb(id, options, step, signal),
      async () => image,
    );
}

/** Two halves at once; when one fails the other stops. */
export async function buildSideBySide(
  { progress }: BuildOptions,
  web: (step: Step, signal: AbortSignal) => Promise<WebFile[]>,
  api: (step: Step, signal: AbortSignal) => Promise<string>,
): Promise<Built> {
  return progress.step("Make the version", async (step) => {
    const [files, image] = await allOrAbort<[WebFile[], string]>([
      (signal) => web(step, signal),
      (signal) => api(step, signal),
    ]);
    return { files, image };
  });
}

function buildWeb(id: string, { config }: BuildOptions, step: Step, signal: AbortSignal): Promise<WebFile[]> {
  return step.step("Build web", async ({ note }) => {
    const files = await readWebFiles(await buildPart("web", id, config, signal), id, {
      serving: servingOf(config),
    });
    note(`${files.length} files`);
    return files;
  });
}

async function buildImage(
  id: string,
  options: BuildOptions,
  step: Step,
  signal: AbortSignal,
): Promise<string> {
  const folder = await step.step("Build API", () => buildPart("api", id, options.config, signal));
  return pushImage(folder, id, options, step, signal);
}

/** Makes an image of what an API's build left. @returns its name by digest */
export function pushImage(
  folder: string,
  id: string,
  { config, outputs }: BuildOptions,
  step: Step,
  signal: AbortSignal,
): Promise<string> {
  return step.step("Push image", async ({ note }) => {
    const image = await makeImage({ folder, id, config, repositoryUri: outputs.imageRepositoryUri, signal });
    note(image.slice(image.indexOf("@") + 1, image.indexOf("@") + 20));
    return image;
  });
}
