import { allOrAbort } from "../../base/all-or-abort.ts";
import type { PlatformOutputs } from "../../base/outputs.ts";
import type { Progress, Step } from "../../base/progress.ts";
import type { LockstepConfig } from "../../config/config.ts";
import { pushCustomImage } from "../image/custom-image.ts";
import { pushDockerImage } from "../image/docker-image.ts";
import { buildPart } from "./build-parts.ts";
import { readWebFiles, servingOf, type WebFile } from "./web-files.ts";

/** The parts of a version, before it is deployed. */
export interface Built {
  files: WebFile[];
  /** The API's image by digest. It is in the repository. */
  image: string;
}

export interface BuildOptions {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  progress: Progress;
}

/** Builds frontend and image of a version. */
export type BuildVersion = (id: string, options: BuildOptions) => Promise<Built>;

/** Builds frontend and API in parallel, and pushes the API's image. */
export const buildVersion: BuildVersion = (id, options) =>
  buildSideBySide(
    options,
    (step, signal) => buildWeb(id, options, step, signal),
    (step, signal) => buildImage(id, options, step, signal),
  );

/** Builds the frontend, and uses an image that is already in the repository. */
export function buildWithImage(image: string): BuildVersion {
  return (id, options) =>
    buildSideBySide(
      options,
      (step, signal) => buildWeb(id, options, step, signal),
      async () => image,
    );
}

/** Builds both parts in parallel. If one fails, the other is stopped. */
export async function buildSideBySide(
  { progress }: BuildOptions,
  web: (step: Step, signal: AbortSignal) => Promise<WebFile[]>,
  api: (step: Step, signal: AbortSignal) => Promise<string>,
): Promise<Built> {
  return progress.step("Build the version", async (step) => {
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

/** Builds an image from the output of the API's build, and pushes it. @returns its name by digest */
export function pushImage(
  folder: string,
  id: string,
  { config, outputs }: BuildOptions,
  step: Step,
  signal: AbortSignal,
): Promise<string> {
  return step.step("Push image", async ({ note }) => {
    const build = { folder, id, config, repositoryUri: outputs.imageRepositoryUri, signal };
    const { image: how } = config.api;
    const image =
      how.kind === "docker"
        ? await pushDockerImage(how.dockerfile, build)
        : await pushCustomImage(how.push, build);
    note(image.slice(image.indexOf("@") + 1, image.indexOf("@") + 20));
    return image;
  });
}
