/**
 * AWS Secrets Manager.
 *
 * **Gaps**: no rotation, replication, resource policies or customer-managed keys. Filters of ListSecrets are refused.
 * **By design**: a secret that is marked for deletion stays until it is restored or deleted by force. It never expires.
 * **Client quirks**: as on AWS, CloudFormation's GenerateSecretString uses GetRandomPassword and CreateSecret.
 */
import type {
  CreateSecretRequest,
  CreateSecretResponse,
  DeleteSecretRequest,
  DeleteSecretResponse,
  DescribeSecretResponse,
  GetRandomPasswordRequest,
  ListSecretsRequest,
  ListSecretsResponse,
  RestoreSecretResponse,
  TagResourceRequest,
  UntagResourceRequest,
} from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../aws-error.ts";
import { type Cloud, perRegion, type Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { byName, pageOf } from "../sorted-pages.ts";
import { randomPassword } from "./random-password.ts";
import {
  addVersion,
  arnOf,
  describe,
  findSecret,
  livingSecret,
  type Secret,
  type Secrets,
} from "./secret.ts";
import { valueActions } from "./secret-values.ts";

/** Default number of days until a deleted secret can no longer be restored. */
const RECOVERY_DAYS = 30;
const DAY_MS = 86_400_000;
const PAGE_SIZE = 100;

/** Creates Secrets Manager with a store per region. */
export function createSecretsManager(cloud: Cloud): Service {
  const secretsOf = perRegion((): Secrets => new Map());
  const now = (): Date => new Date(cloud.now());
  return {
    actions: {
      CreateSecret: (input: CreateSecretRequest, scope): CreateSecretResponse =>
        createSecret(secretsOf(scope), input, scope.region, now()),
      ...valueActions(secretsOf, now),
      DescribeSecret: (input: { SecretId: string }, scope): DescribeSecretResponse =>
        describe(findSecret(secretsOf(scope), input.SecretId)),
      ListSecrets: (input: ListSecretsRequest, scope) => listSecrets(secretsOf(scope), input),
      DeleteSecret: (input: DeleteSecretRequest, scope) => deleteSecret(secretsOf(scope), input, now()),
      RestoreSecret: (input: { SecretId: string }, scope): RestoreSecretResponse => {
        const secret = findSecret(secretsOf(scope), input.SecretId);
        secret.deletedAt = undefined;
        return { ARN: secret.arn, Name: secret.name };
      },
      TagResource: (input: TagResourceRequest, scope) => {
        const secret = livingSecret(secretsOf(scope), input.SecretId!);
        for (const { Key, Value } of input.Tags!) secret.tags.set(Key!, Value ?? "");
        return {};
      },
      UntagResource: (input: UntagResourceRequest, scope) => {
        const secret = livingSecret(secretsOf(scope), input.SecretId!);
        for (const key of input.TagKeys!) secret.tags.delete(key);
        return {};
      },
      GetRandomPassword: (input: GetRandomPasswordRequest) => ({ RandomPassword: randomPassword(input) }),
    },
  };
}

function createSecret(
  secrets: Secrets,
  input: CreateSecretRequest,
  region: string,
  now: Date,
): CreateSecretResponse {
  refuseUnknown("secretsmanager:CreateSecret", input, [
    "Name",
    "ClientRequestToken",
    "Description",
    "KmsKeyId",
    "SecretString",
    "SecretBinary",
    "Tags",
  ]);
  const name = input.Name!;
  if (!/^[\w/+=.@-]{1,512}$/.test(name)) {
    throw new AwsError(
      "ValidationException",
      `Invalid name "${name}". Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@`,
    );
  }
  const existing = secrets.get(name);
  if (existing?.deletedAt !== undefined) {
    throw new AwsError(
      "InvalidRequestException",
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  if (existing !== undefined)
    throw new AwsError(
      "ResourceExistsException",
      `The operation failed because the secret ${name} already exists.`,
    );
  const secret: Secret = {
    name,
    arn: arnOf(name, region),
    description: input.Description,
    keyId: input.KmsKeyId,
    tags: new Map(input.Tags?.map(({ Key, Value }) => [Key!, Value ?? ""])),
    versions: [],
    createdAt: now,
    changedAt: now,
    accessedAt: undefined,
    deletedAt: undefined,
  };
  const hasValue = input.SecretString !== undefined || input.SecretBinary !== undefined;
  const version = hasValue ? addVersion(secret, input, now) : undefined;
  secrets.set(name, secret);
  return { ARN: secret.arn, Name: name, VersionId: version?.id };
}

function deleteSecret(secrets: Secrets, input: DeleteSecretRequest, now: Date): DeleteSecretResponse {
  const secret = findSecret(secrets, input.SecretId!);
  if (input.ForceDeleteWithoutRecovery) {
    if (input.RecoveryWindowInDays !== undefined) {
      throw new AwsError(
        "InvalidParameterException",
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
      );
    }
    secrets.delete(secret.name);
    return { ARN: secret.arn, Name: secret.name, DeletionDate: now };
  }
  livingSecret(secrets, input.SecretId!);
  secret.deletedAt = new Date(now.getTime() + (input.RecoveryWindowInDays ?? RECOVERY_DAYS) * DAY_MS);
  return { ARN: secret.arn, Name: secret.name, DeletionDate: secret.deletedAt };
}

function listSecrets(secrets: Secrets, input: ListSecretsRequest): ListSecretsResponse {
  refuseUnknown("secretsmanager:ListSecrets", input, ["MaxResults", "NextToken", "IncludePlannedDeletion"]);
  const shown = [...secrets.values()]
    .filter(({ deletedAt }) => input.IncludePlannedDeletion || deletedAt === undefined)
    .sort((a, b) => byName(a.name, b.name));
  const page = pageOf(shown, ({ name }) => name, {
    size: input.MaxResults ?? PAGE_SIZE,
    token: input.NextToken,
    errorCode: "InvalidNextTokenException",
  });
  return {
    SecretList: page.items.map((secret) => {
      const { VersionIdsToStages, ...entry } = describe(secret);
      return { ...entry, SecretVersionsToStages: VersionIdsToStages };
    }),
    NextToken: page.nextToken,
  };
}
