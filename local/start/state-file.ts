import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalAws } from "../src/aws.ts";

/** Root folder of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** File in which `npm start` stores its address for `--local` (run.mjs). `LOCKSTEP_LOCAL_STATE` overrides it. */
export const STATE_FILE = process.env.LOCKSTEP_LOCAL_STATE ?? join(ROOT, ".lockstep", "local.json");

export interface StateFileOptions {
  /** URL of the first edge for viewers, after the platform is deployed. */
  publicUrl: string;
  /** Configuration file of `--local` runs. Default: local/start/lockstep.config.ts. */
  config?: string;
}

/**
 * Returns the environment in which release, lockstep and cdk use the local AWS. `null` removes a variable, so that no
 * profile or session of the real AWS interferes.
 */
function localEnvironment(
  aws: Pick<LocalAws, "endpoint">,
  { publicUrl, config }: StateFileOptions,
): Record<string, string | null> {
  return {
    AWS_ENDPOINT_URL: aws.endpoint,
    // The client prepends the account to the host name and refuses an IP address.
    AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE: aws.endpoint.replace("127.0.0.1", "localhost"),
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_SESSION_TOKEN: null,
    AWS_PROFILE: null,
    AWS_REGION: null,
    AWS_DEFAULT_REGION: null,
    AWS_EC2_METADATA_DISABLED: "true",
    LOCKSTEP_CONFIG: config ?? join(ROOT, "local", "start", "lockstep.config.ts"),
    LOCKSTEP_PUBLIC_URL: publicUrl,
  };
}

/** Stores the address of this local AWS for `--local` runs. */
export async function writeStateFile(file: string, aws: LocalAws, options: StateFileOptions): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const state = { pid: process.pid, endpoint: aws.endpoint, environment: localEnvironment(aws, options) };
  await writeFile(file, `${JSON.stringify(state, undefined, 2)}\n`);
}

export async function removeStateFile(file: string): Promise<void> {
  await rm(file, { force: true });
}
