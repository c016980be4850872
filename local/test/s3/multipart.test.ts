import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { startS3 } from "./stage.ts";

const PART = Buffer.alloc(5 * 1024 * 1024, "a");

async function upload(bodies: Buffer[]) {
  const stage = await startS3();
  const { s3, Bucket } = stage;
  const started = await s3.send(
    new CreateMultipartUploadCommand({ Bucket, Key: "big", ContentType: "text/plain" }),
  );
  const target = { Bucket, Key: "big", UploadId: started.UploadId };
  const Parts = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const { ETag } = await s3.send(new UploadPartCommand({ ...target, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  return { ...stage, target, Parts };
}

it("parts become one object, whose ETag is computed from theirs", async () => {
  const { s3, target, Parts, Bucket } = await upload([PART, Buffer.from("tail")]);
  const { Parts: listed } = await s3.send(new ListPartsCommand(target));
  expect(listed?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, PART.length],
    [2, 4],
  ]);
  const done = await s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }));
  const md5 = (body: Buffer) => createHash("md5").update(body).digest();
  const all = createHash("md5")
    .update(Buffer.concat([md5(PART), md5(Buffer.from("tail"))]))
    .digest("hex");
  expect(done.ETag).toBe(`"${all}-2"`);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "big", Range: "bytes=-6" }));
  expect([await got.Body?.transformToString(), got.ContentType]).toEqual(["aatail", "text/plain"]);
});

it("CompleteMultipartUpload refuses small, unknown and unordered parts, and an existing key", async () => {
  const { s3, target, Parts, cloud, scope, Bucket } = await upload([Buffer.from("1"), Buffer.from("2")]);
  const complete = (chosen: object[], more: object = {}) =>
    s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts: chosen }, ...more }));
  await expect(complete(Parts)).rejects.toMatchObject({ name: "EntityTooSmall" });
  await expect(complete([...Parts].reverse())).rejects.toMatchObject({
    name: expect.stringMatching(/EntityTooSmall|InvalidPartOrder/),
  });
  await expect(complete([{ PartNumber: 9, ETag: '"x"' }])).rejects.toMatchObject({ name: "InvalidPart" });
  await cloud.call("s3", "PutObject", { Bucket, Key: "big", Body: "there" }, scope);
  const taken = complete(Parts.slice(0, 1), { IfNoneMatch: "*" });
  await expect(taken).rejects.toMatchObject({ name: "PreconditionFailed" });
});

it("an aborted upload no longer exists", async () => {
  const { s3, target, Parts } = await upload([Buffer.from("1")]);
  await s3.send(new AbortMultipartUploadCommand(target));
  const complete = s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }));
  await expect(complete).rejects.toMatchObject({ name: "NoSuchUpload" });
});
