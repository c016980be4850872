import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Action, type Cloud, type Scope } from "../../cloud.ts";
import { pageOf } from "../paging.ts";
import { digestOf } from "./blob-store.ts";
import {
  findManifest,
  getRepository,
  type Manifest,
  OCI_MANIFEST,
  putManifest,
  type Repository,
  tagsOf,
} from "./repository.ts";

interface ImageId {
  imageTag?: string;
  imageDigest?: string;
}

interface ImagesInput {
  repositoryName: string;
  imageIds?: ImageId[];
  filter?: { tagStatus?: "TAGGED" | "UNTAGGED" | "ANY" };
  maxResults?: number;
  nextToken?: string;
}

interface PutImageInput {
  repositoryName: string;
  imageManifest: string;
  imageManifestMediaType?: string;
  imageTag?: string;
  imageDigest?: string;
}

/** Maximum number of ids in one BatchGetImage or BatchDeleteImage (ECR API reference). */
const MAX_BATCH = 100;

/** Actions on the images of a repository. */
export function createImageActions(
  cloud: Cloud,
  repositoriesOf: (scope: Scope) => Map<string, Repository>,
): Record<string, Action> {
  const of = (input: ImagesInput, scope: Scope) => getRepository(repositoriesOf(scope), input.repositoryName);
  return {
    DescribeImages: (input: ImagesInput, scope) => {
      const repository = of(input, scope);
      const chosen = input.imageIds?.length
        ? input.imageIds.map((id) => getImage(repository, id))
        : [...repository.manifests.values()].filter((manifest) => hasStatus(repository, manifest, input));
      const { items, nextToken } = pageOf(chosen, input, 100, 1000);
      return { imageDetails: items.map((manifest) => detailOf(repository, manifest)), nextToken };
    },
    ListImages: (input: ImagesInput, scope) => {
      const repository = of(input, scope);
      const ids = [...repository.manifests.values()]
        .filter((manifest) => hasStatus(repository, manifest, input))
        .flatMap((manifest) => idsOf(repository, manifest));
      const { items, nextToken } = pageOf(ids, input, 100, 1000);
      return { imageIds: items, nextToken };
    },
    BatchGetImage: (input: ImagesInput, scope) => {
      const repository = of(input, scope);
      const { images, failures } = lookUp(repository, input);
      return {
        images: images.map(({ id, manifest }) => ({
          registryId: ACCOUNT,
          repositoryName: repository.name,
          imageId: { ...id, imageDigest: manifest.digest },
          imageManifest: Buffer.from(manifest.bytes).toString("utf8"),
          imageManifestMediaType: manifest.mediaType,
        })),
        failures,
      };
    },
    PutImage: (input: PutImageInput, scope) => {
      const repository = getRepository(repositoriesOf(scope), input.repositoryName);
      const { imageManifest: text, imageManifestMediaType: mediaType = OCI_MANIFEST } = input;
      const reference = input.imageTag ?? input.imageDigest ?? digestOf(Buffer.from(text));
      const manifest = putManifest(
        repository,
        reference,
        mediaType,
        Buffer.from(text),
        new Date(cloud.now()),
      );
      const imageId = { imageDigest: manifest.digest, imageTag: input.imageTag };
      return {
        image: { registryId: ACCOUNT, repositoryName: repository.name, imageId, imageManifest: text },
      };
    },
    BatchDeleteImage: (input: ImagesInput, scope) => {
      const repository = of(input, scope);
      const { images, failures } = lookUp(repository, input);
      return { imageIds: images.flatMap(({ id }) => deleteImage(repository, id)), failures };
    },
  };
}

/**
 * Given a tag, deletes the tag, and the image if that was its last tag. Given a digest, deletes the image with all its
 * tags.
 */
function deleteImage(repository: Repository, id: ImageId): ImageId[] {
  const manifest = findById(repository, id);
  if (manifest === undefined) return [];
  const tags = id.imageTag === undefined ? tagsOf(repository, manifest.digest) : [id.imageTag];
  for (const tag of tags) repository.digestByTag.delete(tag);
  if (tagsOf(repository, manifest.digest).length === 0) repository.manifests.delete(manifest.digest);
  const { digest: imageDigest } = manifest;
  return tags.length === 0 ? [{ imageDigest }] : tags.map((imageTag) => ({ imageDigest, imageTag }));
}

function lookUp(repository: Repository, { imageIds = [] }: ImagesInput) {
  if (imageIds.length === 0 || imageIds.length > MAX_BATCH)
    throw new AwsError("InvalidParameterException", `imageIds must have 1 to ${MAX_BATCH} items.`);
  const images: { id: ImageId; manifest: Manifest }[] = [];
  const failures: object[] = [];
  for (const id of imageIds) {
    const manifest = findById(repository, id);
    if (manifest !== undefined) images.push({ id, manifest });
    else
      failures.push({
        imageId: id,
        failureCode: "ImageNotFound",
        failureReason: "Requested image not found",
      });
  }
  return { images, failures };
}

function getImage(repository: Repository, id: ImageId): Manifest {
  const manifest = findById(repository, id);
  if (manifest !== undefined) return manifest;
  throw new AwsError(
    "ImageNotFoundException",
    `The image with imageId {imageDigest:'${id.imageDigest ?? "null"}', imageTag:'${id.imageTag ?? "null"}'} does not exist within the repository with name '${repository.name}' in the registry with id '${ACCOUNT}'`,
  );
}

function findById(repository: Repository, { imageTag, imageDigest }: ImageId): Manifest | undefined {
  const manifest = findManifest(repository, imageDigest ?? imageTag ?? "");
  const contradiction = imageTag !== undefined && manifest?.digest !== repository.digestByTag.get(imageTag);
  return contradiction ? undefined : manifest;
}

function hasStatus(repository: Repository, { digest }: Manifest, { filter }: ImagesInput): boolean {
  const status = filter?.tagStatus ?? "ANY";
  return status === "ANY" || tagsOf(repository, digest).length > 0 === (status === "TAGGED");
}

function idsOf(repository: Repository, { digest }: Manifest): ImageId[] {
  const tags = tagsOf(repository, digest);
  return tags.length === 0
    ? [{ imageDigest: digest }]
    : tags.map((imageTag) => ({ imageDigest: digest, imageTag }));
}

function detailOf(repository: Repository, manifest: Manifest) {
  const imageTags = tagsOf(repository, manifest.digest);
  return {
    registryId: ACCOUNT,
    repositoryName: repository.name,
    imageDigest: manifest.digest,
    imageTags: imageTags.length === 0 ? undefined : imageTags,
    imageSizeInBytes: manifest.sizeBytes,
    imagePushedAt: manifest.pushedAt,
    imageManifestMediaType: manifest.mediaType,
  };
}
