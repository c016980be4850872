import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Action, type Cloud, found, type Scope } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { pageOf } from "../paging.ts";
import { getRepository, type Repository, registryHost, repositoryArn } from "./repository.ts";

type RepositoriesOf = (scope: Scope) => Map<string, Repository>;

interface Named {
  repositoryName: string;
}

interface CreateRepositoryInput extends Named {
  imageTagMutability?: "MUTABLE" | "IMMUTABLE";
  imageScanningConfiguration?: { scanOnPush?: boolean };
  encryptionConfiguration?: { encryptionType?: string; kmsKey?: string };
  tags?: { Key?: string; Value?: string }[];
}

/** Pattern of a repository's name, from ECR's model. */
const NAME = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** Actions on repositories and their recorded settings. */
export function createRepositoryActions(
  cloud: Cloud,
  repositoriesOf: RepositoriesOf,
): Record<string, Action> {
  return {
    CreateRepository: (input: CreateRepositoryInput, scope) => {
      const repository = createRepository(repositoriesOf(scope), input, scope, new Date(cloud.now()));
      return { repository: describe(repository) };
    },
    DescribeRepositories: (
      input: { repositoryNames?: string[]; maxResults?: number; nextToken?: string },
      scope,
    ) => {
      const all = repositoriesOf(scope);
      if (input.repositoryNames?.length)
        return { repositories: input.repositoryNames.map((name) => describe(getRepository(all, name))) };
      const { items, nextToken } = pageOf([...all.values()], input, 100, 1000);
      return { repositories: items.map(describe), nextToken };
    },
    DeleteRepository: (input: Named & { force?: boolean }, scope) => {
      const all = repositoriesOf(scope);
      const repository = getRepository(all, input.repositoryName);
      if (repository.manifests.size > 0 && !input.force)
        throw new AwsError(
          "RepositoryNotEmptyException",
          `The repository with name '${repository.name}' in registry with id '${ACCOUNT}' cannot be deleted because it still contains images`,
        );
      all.delete(repository.name);
      return { repository: describe(repository) };
    },
    ...settings(repositoriesOf),
    ...policies(repositoriesOf),
    ...tagging(repositoriesOf),
  };
}

function createRepository(
  all: Map<string, Repository>,
  input: CreateRepositoryInput,
  { region }: Scope,
  now: Date,
): Repository {
  refuseUnknown("ecr:CreateRepository", input, [
    "repositoryName",
    "imageTagMutability",
    "imageScanningConfiguration",
    "encryptionConfiguration",
    "tags",
    "registryId",
  ]);
  const name = input.repositoryName;
  if (!NAME.test(name) || name.length < 2 || name.length > 256)
    throw new AwsError(
      "InvalidParameterException",
      `Invalid parameter at 'repositoryName': '${name}' must satisfy ${NAME.source}`,
    );
  if (all.has(name))
    throw new AwsError(
      "RepositoryAlreadyExistsException",
      `The repository with name '${name}' already exists in the registry with id '${ACCOUNT}'`,
    );
  const repository: Repository = {
    name,
    region,
    createdAt: now,
    tagMutability: input.imageTagMutability ?? "MUTABLE",
    scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
    encryption: input.encryptionConfiguration ?? { encryptionType: "AES256" },
    tags: input.tags ?? [],
    lifecyclePolicy: undefined,
    repositoryPolicy: undefined,
    manifests: new Map(),
    digestByTag: new Map(),
    blobs: new Set(),
  };
  all.set(name, repository);
  return repository;
}

function settings(repositoriesOf: RepositoriesOf): Record<string, Action> {
  return {
    PutImageTagMutability: (input: Named & { imageTagMutability: "MUTABLE" | "IMMUTABLE" }, scope) => {
      const repository = getRepository(repositoriesOf(scope), input.repositoryName);
      repository.tagMutability = input.imageTagMutability;
      return { ...ids(repository), imageTagMutability: repository.tagMutability };
    },
    PutImageScanningConfiguration: (
      input: Named & { imageScanningConfiguration: { scanOnPush?: boolean } },
      scope,
    ) => {
      const repository = getRepository(repositoriesOf(scope), input.repositoryName);
      repository.scanOnPush = input.imageScanningConfiguration.scanOnPush ?? false;
      return { ...ids(repository), imageScanningConfiguration: { scanOnPush: repository.scanOnPush } };
    },
  };
}

function policies(repositoriesOf: RepositoriesOf): Record<string, Action> {
  const of = (input: Named, scope: Scope) => getRepository(repositoriesOf(scope), input.repositoryName);
  return {
    PutLifecyclePolicy: (input: Named & { lifecyclePolicyText: string }, scope) => {
      const repository = of(input, scope);
      repository.lifecyclePolicy = input.lifecyclePolicyText;
      return { ...ids(repository), lifecyclePolicyText: repository.lifecyclePolicy };
    },
    GetLifecyclePolicy: (input: Named, scope) => {
      const repository = of(input, scope);
      const lifecyclePolicyText = found(
        repository.lifecyclePolicy,
        "LifecyclePolicyNotFoundException",
        `Lifecycle policy does not exist for the repository with name '${repository.name}'`,
      );
      return { ...ids(repository), lifecyclePolicyText };
    },
    DeleteLifecyclePolicy: (input: Named, scope) => {
      const repository = of(input, scope);
      const lifecyclePolicyText = repository.lifecyclePolicy;
      repository.lifecyclePolicy = undefined;
      return { ...ids(repository), lifecyclePolicyText };
    },
    SetRepositoryPolicy: (input: Named & { policyText: string }, scope) => {
      const repository = of(input, scope);
      repository.repositoryPolicy = input.policyText;
      return { ...ids(repository), policyText: repository.repositoryPolicy };
    },
    GetRepositoryPolicy: (input: Named, scope) => {
      const repository = of(input, scope);
      const policyText = found(
        repository.repositoryPolicy,
        "RepositoryPolicyNotFoundException",
        `Repository policy does not exist for the repository with name '${repository.name}'`,
      );
      return { ...ids(repository), policyText };
    },
    DeleteRepositoryPolicy: (input: Named, scope) => {
      const repository = of(input, scope);
      const policyText = repository.repositoryPolicy;
      repository.repositoryPolicy = undefined;
      return { ...ids(repository), policyText };
    },
  };
}

function tagging(repositoriesOf: RepositoriesOf): Record<string, Action> {
  const byArn = (arn: string, scope: Scope) =>
    getRepository(repositoriesOf(scope), arn.slice(arn.indexOf("/") + 1));
  return {
    TagResource: (input: { resourceArn: string; tags: { Key?: string; Value?: string }[] }, scope) => {
      const repository = byArn(input.resourceArn, scope);
      const kept = repository.tags.filter(({ Key }) => !input.tags.some((tag) => tag.Key === Key));
      repository.tags = [...kept, ...input.tags];
      return {};
    },
    UntagResource: (input: { resourceArn: string; tagKeys: string[] }, scope) => {
      const repository = byArn(input.resourceArn, scope);
      repository.tags = repository.tags.filter(({ Key }) => !input.tagKeys.includes(Key ?? ""));
      return {};
    },
    ListTagsForResource: (input: { resourceArn: string }, scope) => ({
      tags: byArn(input.resourceArn, scope).tags,
    }),
  };
}

function ids(repository: Repository) {
  return { registryId: ACCOUNT, repositoryName: repository.name };
}

function describe(repository: Repository) {
  return {
    ...ids(repository),
    repositoryArn: repositoryArn(repository),
    repositoryUri: `${registryHost(repository.region)}/${repository.name}`,
    createdAt: repository.createdAt,
    imageTagMutability: repository.tagMutability,
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: repository.encryption,
  };
}
