import { LockstepError } from "../../base/lockstep-error.ts";
import type { ApiBuild, PushImage } from "../../config/config.ts";
import { IMAGE_DIGEST } from "./find-image.ts";

/**
 * Pushes the image with the function of the configuration, `api.image.push`.
 *
 * @returns the name of the image, by digest
 * @throws LockstepError IMAGE_FAILED if the function fails, or returns anything but a digest in the platform's repository
 */
export async function pushCustomImage(
  push: PushImage,
  { folder, id, repositoryUri, signal }: ApiBuild,
): Promise<string> {
  const name = await call(push, { folder, id, repositoryUri, signal });
  const [, repository] = (typeof name === "string" && IMAGE_DIGEST.exec(name)) || [];
  if (repository !== repositoryUri)
    throw new LockstepError(
      "IMAGE_FAILED",
      `api.image.push must return ${repositoryUri}@sha256:<digest>, but it returned ${shown(name)}.`,
    );
  return name;
}

/** Only text is quoted: an object could contain credentials, or refer to itself. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
}

async function call(push: PushImage, build: Parameters<PushImage>[0]): Promise<string> {
  build.signal?.throwIfAborted();
  try {
    return await push(build);
  } catch (cause) {
    if (build.signal?.aborted) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LockstepError("IMAGE_FAILED", `api.image.push failed: ${reason}`, { cause });
  }
}
