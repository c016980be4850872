import { randomBytes, randomUUID } from "node:crypto";
import type { DescribeSecretResponse } from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT } from "../../cloud.ts";

export interface Secret {
  name: string;
  arn: string;
  description: string | undefined;
  keyId: string | undefined;
  tags: Map<string, string>;
  /** Oldest first. The last one is AWSCURRENT, the one before it AWSPREVIOUS. */
  versions: SecretVersion[];
  createdAt: Date;
  changedAt: Date;
  accessedAt: Date | undefined;
  /** When the secret will be deleted; set by DeleteSecret. */
  deletedAt: Date | undefined;
}

export interface SecretVersion {
  id: string;
  text: string | undefined;
  bytes: Uint8Array | undefined;
  createdAt: Date;
}

export type Secrets = Map<string, Secret>;

/** Generates an ARN. AWS appends six random characters to every secret's ARN. */
export function arnOf(name: string, region: string): string {
  const suffix = randomBytes(6).toString("base64url").replaceAll(/[-_]/g, "x").slice(0, 6);
  return `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:${name}-${suffix}`;
}

/** Finds a secret by name, by ARN, or by an ARN without its last six characters. Throws ResourceNotFoundException. */
export function findSecret(secrets: Secrets, id: string): Secret {
  const secret = id.startsWith("arn:")
    ? [...secrets.values()].find(({ arn }) => arn === id || arn.slice(0, -7) === id)
    : secrets.get(id);
  if (secret === undefined)
    throw new AwsError("ResourceNotFoundException", `Secrets Manager can't find the secret ${id}.`);
  return secret;
}

/** Like `findSecret`, but refuses a secret that is marked for deletion. */
export function livingSecret(secrets: Secrets, id: string): Secret {
  const secret = findSecret(secrets, id);
  if (secret.deletedAt !== undefined) {
    throw new AwsError(
      "InvalidRequestException",
      `You can't perform this operation on the secret ${id} because it was marked for deletion. Restore it first.`,
    );
  }
  return secret;
}

/** Finds the version with an id, a stage, or both. Without either, finds AWSCURRENT. */
export function findVersion(
  secret: Secret,
  id: string | undefined,
  stage: string | undefined,
): SecretVersion {
  const version = secret.versions.find(
    (candidate) =>
      (id === undefined || candidate.id === id) &&
      (stage === undefined
        ? id !== undefined || isCurrent(secret, candidate)
        : stagesOf(secret, candidate).includes(stage)),
  );
  if (version === undefined) {
    throw new AwsError(
      "ResourceNotFoundException",
      `Secrets Manager can't find the specified secret value for ${id ?? `staging label: ${stage ?? "AWSCURRENT"}`}`,
    );
  }
  return version;
}

/**
 * Adds a new current version. A call with the token and value of an existing version changes nothing and returns that
 * version.
 */
export function addVersion(
  secret: Secret,
  input: { ClientRequestToken?: string; SecretString?: string; SecretBinary?: Uint8Array },
  now: Date,
): SecretVersion {
  const same = secret.versions.find(({ id }) => id === input.ClientRequestToken);
  if (same !== undefined) {
    if (same.text === input.SecretString) return same;
    throw new AwsError(
      "ResourceExistsException",
      `A version with the token ${same.id} already exists with a different value.`,
    );
  }
  if ((input.SecretString === undefined) === (input.SecretBinary === undefined))
    throw new AwsError("InvalidParameterException", "Specify either SecretString or SecretBinary.");
  const version: SecretVersion = {
    id: input.ClientRequestToken ?? randomUUID(),
    text: input.SecretString,
    bytes: input.SecretBinary,
    createdAt: now,
  };
  secret.versions.push(version);
  secret.changedAt = now;
  return version;
}

export function stagesOf(secret: Secret, version: SecretVersion): string[] {
  if (isCurrent(secret, version)) return ["AWSCURRENT"];
  return secret.versions.at(-2) === version ? ["AWSPREVIOUS"] : [];
}

export function describe(secret: Secret): DescribeSecretResponse {
  const staged = secret.versions.filter((version) => stagesOf(secret, version).length > 0);
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.keyId,
    CreatedDate: secret.createdAt,
    LastChangedDate: secret.changedAt,
    LastAccessedDate: secret.accessedAt,
    DeletedDate: secret.deletedAt,
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    VersionIdsToStages: Object.fromEntries(staged.map((version) => [version.id, stagesOf(secret, version)])),
  };
}

function isCurrent(secret: Secret, version: SecretVersion): boolean {
  return secret.versions.at(-1) === version;
}
