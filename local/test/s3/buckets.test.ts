import { request } from "node:http";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { startS3 } from "./stage.ts";

it("CreateBucket creates a bucket in the caller's region, once", async () => {
  const { s3, config } = await startS3();
  await s3.send(new CreateBucketCommand({ Bucket: "ledger" }));
  expect((await s3.send(new GetBucketLocationCommand({ Bucket: "ledger" }))).LocationConstraint).toBe(
    "eu-west-1",
  );
  const again = s3.send(new CreateBucketCommand({ Bucket: "ledger" }));
  await expect(again).rejects.toMatchObject({
    name: "BucketAlreadyOwnedByYou",
    $metadata: { httpStatusCode: 409 },
  });
  const wrong = s3.send(new CreateBucketCommand({ Bucket: "Big_Name" }));
  await expect(wrong).rejects.toMatchObject({ name: "InvalidBucketName" });
  const first = new S3Client({ ...config, region: "us-east-1" });
  await first.send(new CreateBucketCommand({ Bucket: "first" }));
  expect(
    (await first.send(new GetBucketLocationCommand({ Bucket: "first" }))).LocationConstraint,
  ).toBeUndefined();
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  expect(Buckets?.map(({ Name }) => Name)).toEqual(["bucket", "first", "ledger"]);
});

it("DeleteBucket refuses a bucket with objects", async () => {
  const { s3, Bucket } = await startS3();
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "1" }));
  const full = s3.send(new DeleteBucketCommand({ Bucket }));
  await expect(full).rejects.toMatchObject({ name: "BucketNotEmpty" });
  await s3.send(new CreateBucketCommand({ Bucket: "empty" }));
  await s3.send(new DeleteBucketCommand({ Bucket: "empty" }));
  const gone = s3.send(new HeadBucketCommand({ Bucket: "empty" }));
  await expect(gone).rejects.toMatchObject({ name: "NotFound" });
});

it("settings are returned as they were put, with AWS's defaults before", async () => {
  const { s3, Bucket } = await startS3();
  const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  expect(
    ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
  ).toBe("AES256");
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow" }] });
  await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
    name: "NoSuchBucketPolicy",
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
    name: "NoSuchBucketPolicy",
  });
  const malformed = s3.send(new PutBucketPolicyCommand({ Bucket, Policy: "{" }));
  await expect(malformed).rejects.toMatchObject({ name: "MalformedPolicy" });
  const Rules = [
    { ID: "old", Status: "Enabled" as const, Filter: { Prefix: "x/" }, Expiration: { Days: 3 } },
  ];
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  expect((await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules).toEqual(Rules);
  const TagSet = [{ Key: "deploy:app", Value: "shop" }];
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  expect((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual(TagSet);
});

it("a bucket is also reachable by host name", async () => {
  const { s3, Bucket, url } = await startS3();
  await s3.send(new PutObjectCommand({ Bucket, Key: "k/1", Body: "found" }));
  for (const host of [
    `${Bucket}.localhost`,
    `${Bucket}.s3.eu-west-1.amazonaws.com`,
    `${Bucket}.s3.amazonaws.com`,
  ])
    expect(await getAs(url, host, "/k/1"), host).toBe("found");
  expect(await getAs(url, "s3.eu-west-1.amazonaws.com", `/${Bucket}/k/1`)).toBe("found");
});

function getAs(url: string, host: string, path: string): Promise<string> {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=A/20261122/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=00";
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { headers: { host, authorization } }, async (response) => {
      resolve(Buffer.concat(await response.toArray()).toString());
    })
      .on("error", reject)
      .end();
  });
}
