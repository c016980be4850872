/**
 * ECR: repositories, their images, and the registry protocol under `/v2/`.
 *
 * **Gaps** No replication, scanning or pull-through cache, and no layer upload through API actions (push with the
 * registry protocol). Lifecycle and repository policies are recorded and returned, but not applied.
 *
 * **By design** Content is in files under `stateDir/ecr`, named by digest. The registry accepts any credentials, or
 * none. The host name of the registry selects the region. Without a region in the host name, the token of
 * GetAuthorizationToken selects it. Without a token, the registry uses the region that has the repository. Any blob and
 * manifest can be pushed; only the start of a task checks whether an image can run.
 *
 * **Client quirks** No ECR client is installed here, so the wire reads and writes ECR's JSON without a model. This JSON
 * contains no blobs, and its times have the wire's default format.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Cloud, perRegion, type Scope, type Service } from "../../cloud.ts";
import { createBlobStore } from "./blob-store.ts";
import { createImageActions } from "./images.ts";
import { createRegistry } from "./registry.ts";
import { createRepositoryActions } from "./repositories.ts";
import { getRepository, type Repository } from "./repository.ts";

export interface Ecr extends Service {
  /** Handles a request under `/v2/` (OCI distribution protocol). */
  handleRegistry(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export function createEcr(cloud: Cloud): Ecr {
  const regions = new Map<string, Map<string, Repository>>();
  const repositoriesOf = perRegion((region) => {
    const repositories = new Map<string, Repository>();
    regions.set(region, repositories);
    return repositories;
  });
  const blobs = createBlobStore(join(cloud.stateDir, "ecr", "sha256"));
  return {
    actions: {
      ...createRepositoryActions(cloud, repositoriesOf),
      ...createImageActions(cloud, repositoriesOf),
      GetAuthorizationToken: (_input: object, { region }: Scope) => authorizationToken(cloud, region),
      /** Not an AWS action: returns the file of a repository's blob to ECS, without the registry. */
      OpenBlob: async (input: { repositoryName: string; digest: string }, scope: Scope) => {
        const repository = getRepository(repositoriesOf(scope), input.repositoryName);
        const file = repository.blobs.has(input.digest) ? await blobs.find(input.digest) : undefined;
        if (file === undefined)
          throw new AwsError("LayersNotFoundException", `Blob ${input.digest} is not in ${repository.name}.`);
        return file;
      },
    },
    handleRegistry: createRegistry(cloud, blobs, regions),
  };
}

const TOKEN_LIFE_MS = 12 * 60 * 60 * 1000;

function authorizationToken(cloud: Cloud, region: string) {
  const token = {
    authorizationToken: Buffer.from(`AWS:local-${region}`).toString("base64"),
    expiresAt: new Date(cloud.now() + TOKEN_LIFE_MS),
    proxyEndpoint: `https://${ACCOUNT}.dkr.ecr.${region}.amazonaws.com`,
  };
  return { authorizationData: [token] };
}
