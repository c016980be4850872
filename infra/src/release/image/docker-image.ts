import { join } from "node:path";
import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { LockstepError } from "../../base/lockstep-error.ts";
import { runCommand } from "../../base/run-command.ts";
import { type ApiBuild, type LockstepConfig, projectRoot } from "../../config/config.ts";

export interface ImageOptions extends ApiBuild {
  config: LockstepConfig;
}

/** The task definition asks for x86-64, so a build on an ARM laptop must not use the architecture of the laptop. */
const PLATFORM = "linux/amd64";

/**
 * Builds the image with docker and pushes it to ECR.
 *
 * @returns the name of the image, by digest
 * @throws LockstepError IMAGE_FAILED with the last lines of the failed command
 */
export async function pushDockerImage(dockerfile: string, options: ImageOptions): Promise<string> {
  const { folder, id, config, repositoryUri, signal } = options;
  const cwd = join(projectRoot, config.api.folder);
  const tag = `${repositoryUri}:${id}`;
  const run = (args: string[], stdin?: string) =>
    runCommand("docker", args, {
      cwd,
      signal,
      stdin,
      code: "IMAGE_FAILED",
      // With attestations the digest would name a list of manifests instead of the image.
      env: { BUILDX_NO_DEFAULT_ATTESTATIONS: "1" },
    });
  await run(["build", "--platform", PLATFORM, "--file", join(cwd, dockerfile), "--tag", tag, folder]);
  const password = await registryPassword(config.region);
  await run(["login", "--username", "AWS", "--password-stdin", repositoryUri.split("/")[0]!], password);
  await run(["push", tag]);
  const digests = await run(["image", "inspect", "--format", "{{json .RepoDigests}}", tag]);
  const digest = (JSON.parse(digests) as string[]).find((name) => name.startsWith(`${repositoryUri}@`));
  if (digest === undefined)
    throw new LockstepError("IMAGE_FAILED", `docker reports no digest of ${tag} after the push.`);
  return digest;
}

/** The password for ECR's registry, valid for 12 hours. ECR returns it as base64 of `AWS:<password>`. */
async function registryPassword(region: string): Promise<string> {
  const ecr = new ECRClient({ region });
  try {
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const token = authorizationData?.[0]?.authorizationToken;
    if (token === undefined) throw new LockstepError("IMAGE_FAILED", "ECR returned no authorization token.");
    return Buffer.from(token, "base64").toString("utf8").replace(/^AWS:/, "");
  } finally {
    ecr.destroy();
  }
}
