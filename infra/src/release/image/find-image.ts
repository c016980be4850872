import { DescribeImagesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { repositoryName } from "../../aws/images.ts";
import { LockstepError } from "../../base/lockstep-error.ts";

/** The digest of an image, with or without its repository. */
export const IMAGE_DIGEST = /^(?:(.+)@)?(sha256:[0-9a-f]{64})$/;

/**
 * Returns the full name of an image in the platform's repository.
 *
 * @param wanted `sha256:<64 hex>`, or `<repository>@sha256:<64 hex>`
 * @throws LockstepError IMAGE_NOT_FOUND
 */
export async function findImage(
  wanted: string,
  { repositoryUri, region }: { repositoryUri: string; region: string },
): Promise<string> {
  const [, repository = repositoryUri, digest = wanted] = IMAGE_DIGEST.exec(wanted) ?? [];
  if (repository !== repositoryUri)
    throw new LockstepError(
      "IMAGE_NOT_FOUND",
      `${wanted} is not in ${repositoryUri}, the repository that tasks can pull from.`,
    );
  const ecr = new ECRClient({ region });
  try {
    await ecr.send(
      new DescribeImagesCommand({
        repositoryName: repositoryName(repositoryUri),
        imageIds: [{ imageDigest: digest }],
      }),
    );
    return `${repositoryUri}@${digest}`;
  } catch (cause) {
    if ((cause as Error).name !== "ImageNotFoundException") throw cause;
    throw new LockstepError("IMAGE_NOT_FOUND", `${repositoryUri} has no image ${digest}.`, { cause });
  } finally {
    ecr.destroy();
  }
}
