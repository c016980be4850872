import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, found } from "../../cloud.ts";
import { digestOf } from "./blob-store.ts";

/** Media type of an image manifest. A manifest list (index) is stored, but ECS cannot run it here. */
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

export interface Manifest {
  digest: string;
  mediaType: string;
  bytes: Uint8Array;
  pushedAt: Date;
  /** Sum of the compressed layers, as DescribeImages returns it. */
  sizeBytes: number;
}

export interface Repository {
  name: string;
  region: string;
  createdAt: Date;
  /** With IMMUTABLE, a pushed tag cannot be moved. */
  tagMutability: "MUTABLE" | "IMMUTABLE";
  scanOnPush: boolean;
  encryption: { encryptionType?: string; kmsKey?: string };
  tags: { Key?: string; Value?: string }[];
  lifecyclePolicy: string | undefined;
  repositoryPolicy: string | undefined;
  manifests: Map<string, Manifest>;
  digestByTag: Map<string, string>;
  /** Blobs pushed to this repository. Other repositories cannot see them. */
  blobs: Set<string>;
}

export function registryHost(region: string): string {
  return `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com`;
}

export function repositoryArn(repository: Repository): string {
  return `arn:aws:ecr:${repository.region}:${ACCOUNT}:repository/${repository.name}`;
}

export function tagsOf(repository: Repository, digest: string): string[] {
  return [...repository.digestByTag].filter(([, of]) => of === digest).map(([tag]) => tag);
}

/** Finds a manifest by tag or digest. */
export function findManifest(repository: Repository, reference: string): Manifest | undefined {
  return repository.manifests.get(repository.digestByTag.get(reference) ?? reference);
}

/** Stores a manifest and updates the tag. All its blobs must exist. */
export function putManifest(
  repository: Repository,
  reference: string,
  mediaType: string,
  bytes: Uint8Array,
  now: Date,
): Manifest {
  const digest = digestOf(bytes);
  const isTag = !reference.startsWith("sha256:");
  if (!isTag && reference !== digest)
    throw new AwsError("DIGEST_INVALID", `The manifest's digest is ${digest}, not ${reference}.`);
  if (isTag) refuseMovedTag(repository, reference, digest);
  const { config, layers } = readManifest(bytes);
  for (const blob of config === undefined ? layers : [config, ...layers]) {
    if (!repository.blobs.has(blob.digest))
      throw new AwsError(
        "MANIFEST_BLOB_UNKNOWN",
        `Blob ${blob.digest} of the manifest is not in repository ${repository.name}. Upload it first.`,
        404,
      );
  }
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.size, 0);
  const manifest = repository.manifests.get(digest) ?? { digest, mediaType, bytes, pushedAt: now, sizeBytes };
  repository.manifests.set(digest, manifest);
  if (isTag) repository.digestByTag.set(reference, digest);
  return manifest;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

/** Parses the blobs of a manifest. Throws `MANIFEST_INVALID`. */
function readManifest(bytes: Uint8Array): { config?: Descriptor; layers: Descriptor[] } {
  try {
    const { config, layers = [] } = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return { config, layers };
  } catch (cause) {
    throw new AwsError("MANIFEST_INVALID", `The manifest is not JSON: ${(cause as Error).message}`);
  }
}

function refuseMovedTag(repository: Repository, tag: string, digest: string): void {
  const present = repository.digestByTag.get(tag);
  if (repository.tagMutability === "IMMUTABLE" && present !== undefined && present !== digest)
    throw new AwsError(
      "TAG_INVALID",
      `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the repository is immutable.`,
    );
}

/** Finds a repository of the region by name. */
export function getRepository(repositories: Map<string, Repository>, name: string): Repository {
  return found(
    repositories.get(name),
    "RepositoryNotFoundException",
    `The repository with name '${name}' does not exist in the registry with id '${ACCOUNT}'`,
  );
}
