import type {
  GetSecretValueRequest,
  GetSecretValueResponse,
  PutSecretValueRequest,
  PutSecretValueResponse,
  UpdateSecretRequest,
  UpdateSecretResponse,
} from "@aws-sdk/client-secrets-manager";
import type { Action, Scope } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { addVersion, findVersion, livingSecret, type Secrets, stagesOf } from "./secret.ts";

/** Actions that read and change the value of a secret. */
export function valueActions(secretsOf: (scope: Scope) => Secrets, now: () => Date): Record<string, Action> {
  return {
    GetSecretValue: (input: GetSecretValueRequest, scope): GetSecretValueResponse => {
      const secret = livingSecret(secretsOf(scope), input.SecretId!);
      const version = findVersion(secret, input.VersionId, input.VersionStage);
      secret.accessedAt = now();
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        SecretString: version.text,
        SecretBinary: version.bytes,
        VersionStages: stagesOf(secret, version),
        CreatedDate: version.createdAt,
      };
    },
    PutSecretValue: (input: PutSecretValueRequest, scope): PutSecretValueResponse => {
      refuseUnknown("secretsmanager:PutSecretValue", input, [
        "SecretId",
        "ClientRequestToken",
        "SecretString",
        "SecretBinary",
      ]);
      const secret = livingSecret(secretsOf(scope), input.SecretId!);
      const version = addVersion(secret, input, now());
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        VersionStages: stagesOf(secret, version),
      };
    },
    UpdateSecret: (input: UpdateSecretRequest, scope): UpdateSecretResponse => {
      refuseUnknown("secretsmanager:UpdateSecret", input, [
        "SecretId",
        "ClientRequestToken",
        "Description",
        "KmsKeyId",
        "SecretString",
        "SecretBinary",
      ]);
      const secret = livingSecret(secretsOf(scope), input.SecretId!);
      secret.description = input.Description ?? secret.description;
      secret.keyId = input.KmsKeyId ?? secret.keyId;
      secret.changedAt = now();
      const hasValue = input.SecretString !== undefined || input.SecretBinary !== undefined;
      const version = hasValue ? addVersion(secret, input, now()) : undefined;
      return { ARN: secret.arn, Name: secret.name, VersionId: version?.id };
    },
  };
}
