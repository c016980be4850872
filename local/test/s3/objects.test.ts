import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { startS3 } from "./stage.ts";

const HTML = "<!doctype html><p>héllo</p>";

describe("PutObject and GetObject", () => {
  it("return the bytes, the properties, and the MD5 as ETag", async () => {
    const { s3, Bucket } = await startS3({ now: () => Date.parse("2026-11-22T10:15:00Z") });
    const put = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: "builds/a b/ü+&?.html",
        Body: HTML,
        ContentType: "text/html; charset=utf-8",
        CacheControl: "max-age=60",
        ContentEncoding: "identity",
        Metadata: { "Build-Version": "20261122-101500-1f3a9c2" },
        Tagging: "a=1&b=%26",
      }),
    );
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "builds/a b/ü+&?.html" }));
    expect(await got.Body?.transformToString()).toBe(HTML);
    expect(got).toMatchObject({
      ETag: put.ETag,
      ContentType: "text/html; charset=utf-8",
      CacheControl: "max-age=60",
      ContentEncoding: "identity",
      ContentLength: Buffer.byteLength(HTML),
      LastModified: new Date("2026-11-22T10:15:00Z"),
      Metadata: { "build-version": "20261122-101500-1f3a9c2" },
      TagCount: 2,
    });
    expect(put.ETag).toBe(`"${createHash("md5").update(HTML).digest("hex")}"`);
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "builds/a b/ü+&?.html" }));
    expect(TagSet).toEqual([
      { Key: "a", Value: "1" },
      { Key: "b", Value: "&" },
    ]);
  });

  it("read + in a path as a space, and %2B as +", async () => {
    const { s3, Bucket, config } = await startS3();
    for (const [Key, Body] of [
      ["a+b", "plus"],
      ["a b", "space"],
    ])
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    const read = async (path: string) => {
      // The endpoint checks only the form of the signature.
      const authorization =
        "AWS4-HMAC-SHA256 Credential=x/20261122/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0";
      const response = await fetch(`${config.endpoint}/${Bucket}/${path}`, { headers: { authorization } });
      return response.text();
    };
    expect([await read("a+b"), await read("a%2Bb"), await read("a%20b")]).toEqual(["space", "plus", "space"]);
  });

  it("accept a stream in chunks with its checksum in a trailer", async () => {
    const { s3, Bucket } = await startS3();
    const body = Readable.from([Buffer.alloc(120_000, 7), Buffer.alloc(80_000, 8)]);
    const put = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: body, ContentLength: 200_000 }));
    expect(put.ChecksumCRC32).toBeDefined();
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "k", ChecksumMode: "ENABLED" }));
    expect(head).toMatchObject({ ContentLength: 200_000, ChecksumCRC32: put.ChecksumCRC32 });
    expect(head.ContentEncoding).toBeUndefined();
  });

  it("refuse a body with a wrong checksum", async () => {
    const { s3, Bucket } = await startS3();
    const send = s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "a", ChecksumCRC32: "AAAAAA==" }));
    await expect(send).rejects.toMatchObject({ name: "BadDigest" });
  });

  it("return a range as 206, the whole object for several ranges, and 416 past the end", async () => {
    const { s3, Bucket } = await startS3();
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "0123456789" }));
    const range = async (Range: string) => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: "k", Range }));
      return [got.$metadata.httpStatusCode, got.ContentRange, await got.Body?.transformToString()];
    };
    expect(await range("bytes=2-4")).toEqual([206, "bytes 2-4/10", "234"]);
    expect(await range("bytes=8-99")).toEqual([206, "bytes 8-9/10", "89"]);
    expect(await range("bytes=-3")).toEqual([206, "bytes 7-9/10", "789"]);
    expect(await range("bytes=0-1,3-4")).toEqual([200, undefined, "0123456789"]);
    await expect(range("bytes=10-")).rejects.toMatchObject({
      name: "InvalidRange",
      $metadata: { httpStatusCode: 416 },
    });
  });

  it("answer conditions with 304 and 412", async () => {
    const now = Date.parse("2026-11-22T10:15:00.700Z");
    const { s3, Bucket } = await startS3({ now: () => now });
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "a" }));
    const get = (conditions: object) => s3.send(new GetObjectCommand({ Bucket, Key: "k", ...conditions }));
    const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });
    await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject(status(304));
    await expect(get({ IfNoneMatch: '"x"' })).resolves.toMatchObject(status(200));
    await expect(get({ IfModifiedSince: new Date(now) })).rejects.toMatchObject(status(304));
    await expect(get({ IfModifiedSince: new Date(now - 1000) })).resolves.toMatchObject(status(200));
    await expect(get({ IfMatch: '"x"' })).rejects.toMatchObject({
      name: "PreconditionFailed",
      ...status(412),
    });
    await expect(get({ IfUnmodifiedSince: new Date(now - 1000) })).rejects.toMatchObject(status(412));
  });

  it("report a missing key and a missing bucket by name", async () => {
    const { s3, Bucket } = await startS3();
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: "no" }))).rejects.toMatchObject({
      name: "NoSuchKey",
    });
    const elsewhere = s3.send(new GetObjectCommand({ Bucket: "nowhere", Key: "k" }));
    await expect(elsewhere).rejects.toMatchObject({ name: "NoSuchBucket" });
  });

  it("refuse unsupported members by name", async () => {
    const { s3, Bucket } = await startS3();
    const locked = s3.send(new PutObjectCommand({ Bucket, Key: "k", ObjectLockLegalHoldStatus: "ON" }));
    await expect(locked).rejects.toMatchObject({
      name: "NotImplemented",
      message: expect.stringContaining("ObjectLock"),
    });
    const open = s3.send(new PutObjectCommand({ Bucket, Key: "k", ACL: "public-read" }));
    await expect(open).rejects.toMatchObject({ name: "AccessControlListNotSupported" });
  });
});

describe("Compare-and-swap", () => {
  it("If-None-Match: * creates once, and again after a delete", async () => {
    const { s3, Bucket } = await startS3();
    const create = () => s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "1", IfNoneMatch: "*" }));
    await create();
    await expect(create()).rejects.toMatchObject({
      name: "PreconditionFailed",
      $metadata: { httpStatusCode: 412 },
    });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
    await create();
  });

  it("lets exactly one of many writers with the same ETag win", async () => {
    const { s3, Bucket } = await startS3();
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "0" }));
    const writes = Array.from({ length: 8 }, (_, i) =>
      s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: `writer ${i}`, IfMatch: ETag })),
    );
    const results = await Promise.allSettled(writes);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(
      results.filter((result) => result.status === "rejected" && result.reason.name === "PreconditionFailed"),
    ).toHaveLength(7);
  });

  it("If-Match is 404 for a missing key, and 412 for a delete with an old ETag", async () => {
    const { s3, Bucket } = await startS3();
    const missing = s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "1", IfMatch: '"x"' }));
    await expect(missing).rejects.toMatchObject({ name: "NoSuchKey" });
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "1" }));
    const stale = s3.send(new DeleteObjectCommand({ Bucket, Key: "k", IfMatch: '"x"' }));
    await expect(stale).rejects.toMatchObject({ name: "PreconditionFailed" });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "k", IfMatch: ETag }));
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "k" }))).rejects.toMatchObject({
      name: "NotFound",
    });
  });
});

describe("Versions", () => {
  it("keep overwritten and deleted objects", async () => {
    const { s3, Bucket } = await startS3();
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    const first = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "1" }));
    const second = await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "2" }));
    expect(first.VersionId).not.toBe(second.VersionId);
    const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
    expect(marker).toMatchObject({ DeleteMarker: true });
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: "k" }))).rejects.toMatchObject({
      name: "NoSuchKey",
    });
    const old = await s3.send(new GetObjectCommand({ Bucket, Key: "k", VersionId: first.VersionId }));
    expect(await old.Body?.transformToString()).toBe("1");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId: marker.VersionId }));
    const again = await s3.send(new GetObjectCommand({ Bucket, Key: "k" }));
    expect(await again.Body?.transformToString()).toBe("2");
  });
});

describe("CopyObject", () => {
  it("copies all properties, or replaces the metadata", async () => {
    const { s3, Bucket } = await startS3();
    await s3.send(
      new PutObjectCommand({ Bucket, Key: "a b", Body: "1", Metadata: { x: "1" }, ContentType: "text/css" }),
    );
    const CopySource = `${Bucket}/${encodeURIComponent("a b")}`;
    const copied = await s3.send(new CopyObjectCommand({ Bucket, Key: "c", CopySource }));
    expect(copied.CopyObjectResult?.ETag).toBeDefined();
    const copy = await s3.send(new HeadObjectCommand({ Bucket, Key: "c" }));
    expect(copy).toMatchObject({ Metadata: { x: "1" }, ContentType: "text/css" });
    const replaced = {
      MetadataDirective: "REPLACE" as const,
      Metadata: { y: "2" },
      ContentType: "text/html",
    };
    await s3.send(new CopyObjectCommand({ Bucket, Key: "a b", CopySource, ...replaced }));
    const changed = await s3.send(new HeadObjectCommand({ Bucket, Key: "a b" }));
    expect(changed).toMatchObject({ Metadata: { y: "2" }, ContentType: "text/html" });
    const same = s3.send(new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/c` }));
    await expect(same).rejects.toMatchObject({ name: "InvalidRequest" });
  });
});
