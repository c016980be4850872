import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { expect, it } from "vitest";
import { createSecretsManager } from "../../src/services/secretsmanager/secretsmanager.ts";
import { startStage } from "../wire/stage.ts";

async function startSecrets() {
  const { config } = await startStage((cloud) => ({ secretsmanager: createSecretsManager(cloud) }));
  return new SecretsManagerClient(config);
}

it("a secret is found by name, by ARN and by the ARN without its suffix", async () => {
  const client = await startSecrets();
  const { ARN } = await client.send(new CreateSecretCommand({ Name: "shop/origin", SecretString: "s3cret" }));
  expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop\/origin-\w{6}$/);
  for (const SecretId of ["shop/origin", ARN, ARN?.slice(0, -7)]) {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    expect(SecretString).toBe("s3cret");
  }
  const again = client.send(new CreateSecretCommand({ Name: "shop/origin" }));
  await expect(again).rejects.toMatchObject({ name: "ResourceExistsException" });
});

it("a new value becomes current, and the previous one stays as previous", async () => {
  const client = await startSecrets();
  await client.send(new CreateSecretCommand({ Name: "s", SecretString: "1" }));
  const { VersionStages } = await client.send(
    new PutSecretValueCommand({ SecretId: "s", SecretString: "2" }),
  );
  expect(VersionStages).toEqual(["AWSCURRENT"]);
  const get = (VersionStage?: string) =>
    client.send(new GetSecretValueCommand({ SecretId: "s", VersionStage }));
  expect((await get()).SecretString).toBe("2");
  expect((await get("AWSPREVIOUS")).SecretString).toBe("1");
  await expect(get("NONE")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: "s" }));
  expect(Object.values(VersionIdsToStages!)).toEqual([["AWSPREVIOUS"], ["AWSCURRENT"]]);
});

it("a deleted secret can be restored, unless it was deleted by force", async () => {
  const client = await startSecrets();
  await client.send(new CreateSecretCommand({ Name: "s", SecretString: "1" }));
  await client.send(new DeleteSecretCommand({ SecretId: "s", RecoveryWindowInDays: 7 }));
  const get = () => client.send(new GetSecretValueCommand({ SecretId: "s" }));
  await expect(get()).rejects.toMatchObject({ name: "InvalidRequestException" });
  expect((await client.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
  await client.send(new RestoreSecretCommand({ SecretId: "s" }));
  expect((await get()).SecretString).toBe("1");
  await client.send(new DeleteSecretCommand({ SecretId: "s", ForceDeleteWithoutRecovery: true }));
  await expect(get()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

it("GetRandomPassword has the requested length and characters", async () => {
  const client = await startSecrets();
  const ask = (input: object) => client.send(new GetRandomPasswordCommand(input));
  expect((await ask({})).RandomPassword).toHaveLength(32);
  const { RandomPassword } = await ask({
    PasswordLength: 40,
    ExcludePunctuation: true,
    ExcludeCharacters: "aB3",
  });
  expect(RandomPassword).toMatch(/^[A-Za-z0-9]{40}$/);
  expect(RandomPassword).not.toMatch(/[aB3]/);
  const nothing = ask({
    ExcludePunctuation: true,
    ExcludeNumbers: true,
    ExcludeUppercase: true,
    ExcludeLowercase: true,
  });
  await expect(nothing).rejects.toMatchObject({ name: "InvalidParameterException" });
});
