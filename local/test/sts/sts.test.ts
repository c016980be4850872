import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, it } from "vitest";
import { createSts } from "../../src/services/sts/sts.ts";
import { startStage } from "../wire/stage.ts";

it("GetCallerIdentity returns the only account", async () => {
  const { config } = await startStage((cloud) => ({ sts: createSts(cloud) }));
  expect(await new STSClient(config).send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: "123456789012",
    Arn: "arn:aws:iam::123456789012:user/local",
  });
});

it("AssumeRole returns credentials for an hour that can sign further calls", async () => {
  const now = Date.parse("2026-11-22T10:15:00Z");
  const { config } = await startStage((cloud) => ({ sts: createSts(cloud) }), { now: () => now });
  const RoleArn = "arn:aws:iam::123456789012:role/cdk-hnb659fds-deploy-role-123456789012-eu-west-1";
  const { Credentials, AssumedRoleUser } = await new STSClient(config).send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: "cdk" }),
  );
  expect(Credentials?.Expiration).toEqual(new Date(now + 3_600_000));
  expect(AssumedRoleUser?.Arn).toMatch(
    /:assumed-role\/cdk-hnb659fds-deploy-role-123456789012-eu-west-1\/cdk$/,
  );
  const credentials = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
  await new STSClient({ ...config, credentials }).send(new GetCallerIdentityCommand({}));
});

it("AssumeRole refuses an ARN that is not a role's", async () => {
  const { config } = await startStage((cloud) => ({ sts: createSts(cloud) }));
  const send = new STSClient(config).send(
    new AssumeRoleCommand({ RoleArn: "deployer-of-everything", RoleSessionName: "s" }),
  );
  await expect(send).rejects.toMatchObject({ name: "ValidationError" });
});
