import { constants } from "node:fs";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { ACCOUNT, type Cloud } from "../../../cloud.ts";
import { FILE_LAYER, FILE_TITLE } from "../../../images/file-layer.ts";

/** The part of an image's configuration that its process needs. */
export interface ImageConfig {
  entrypoint: string[];
  command: string[];
  env: string[];
  digest: string;
}

/**
 * Pulls an image from ECR and copies its files into a folder, the container's working directory. Containers do not
 * share folders.
 *
 * @throws Error whose message is a task's stopped reason, `CannotPullContainerError: …`
 */
export async function pullImage(cloud: Cloud, image: string, folder: string): Promise<ImageConfig> {
  try {
    return await pull(cloud, parseImage(image), folder);
  } catch (cause) {
    throw new Error(`CannotPullContainerError: ${image}: ${(cause as Error).message}`, { cause });
  }
}

interface ImageReference {
  region: string;
  repositoryName: string;
  id: { imageDigest?: string; imageTag?: string };
}

const REFERENCE =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^@:]+)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** Parses an image reference. Throws for an image of another registry. */
function parseImage(image: string): ImageReference {
  const [, account, region, repositoryName, imageTag, imageDigest] = REFERENCE.exec(image) ?? [];
  if (account !== ACCOUNT)
    throw new Error(
      `the local AWS pulls only from its own ECR. Use an image ${ACCOUNT}.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<digest>.`,
    );
  const id = imageDigest === undefined ? { imageTag: imageTag ?? "latest" } : { imageDigest };
  return { region: region!, repositoryName: repositoryName!, id };
}

async function pull(cloud: Cloud, reference: ImageReference, folder: string): Promise<ImageConfig> {
  const { region, repositoryName, id } = reference;
  const { images } = await cloud.call("ecr", "BatchGetImage", { repositoryName, imageIds: [id] }, { region });
  if (images.length === 0)
    throw new Error(`${id.imageDigest ?? id.imageTag} is not in repository ${repositoryName} (${region}).`);
  const { imageManifest, imageId } = images[0];
  const manifest = JSON.parse(imageManifest);
  const blob = async (digest: string): Promise<string> =>
    (await cloud.call("ecr", "OpenBlob", { repositoryName, digest }, { region })).path;

  await mkdir(folder, { recursive: true });
  for (const layer of manifest.layers ?? []) {
    const path = join(folder, fileNameOf(layer));
    await mkdir(dirname(path), { recursive: true });
    await copyFile(await blob(layer.digest), path, constants.COPYFILE_FICLONE);
  }
  const { config = {} } = JSON.parse(await readFile(await blob(manifest.config.digest), "utf8"));
  return {
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    env: config.Env ?? [],
    digest: imageId.imageDigest,
  };
}

function fileNameOf(layer: { mediaType: string; annotations?: Record<string, string> }): string {
  if (layer.mediaType !== FILE_LAYER)
    throw new Error(
      `a layer has media type ${layer.mediaType}; the local AWS runs only images of plain files (${FILE_LAYER}). Push the image with pushFolderImage().`,
    );
  const title = layer.annotations?.[FILE_TITLE];
  const path = normalize(title ?? "");
  if (!title || isAbsolute(path) || path.startsWith(".."))
    throw new Error(`a layer's annotation ${FILE_TITLE} is "${title ?? ""}", not a relative path.`);
  return path;
}
