import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listing } from "../../src/services/s3/listing.ts";
import { startS3 } from "./stage.ts";

async function withKeys(keys: string[]) {
  const stage = await startS3();
  for (const Key of keys)
    await stage.cloud.call("s3", "PutObject", { Bucket: stage.Bucket, Key, Body: Key }, stage.scope);
  return stage;
}

describe("ListObjectsV2", () => {
  it("returns all pages, in the order of keys", async () => {
    const keys = Array.from({ length: 25 }, (_, i) => `k/${String(i).padStart(2, "0")}`);
    const { s3, Bucket } = await withKeys([...keys].reverse());
    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 10 }, { Bucket }))
      pages.push(page.Contents?.map(({ Key }) => Key) ?? []);
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(keys);
  });

  it("groups by a delimiter below a prefix", async () => {
    const { s3, Bucket } = await withKeys(["assets/a.js", "assets/b/c.js", "assets/b/d.js", "index.html"]);
    const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "assets/", Delimiter: "/" }));
    expect(page.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([["assets/a.js", 11]]);
    expect(page.CommonPrefixes).toEqual([{ Prefix: "assets/b/" }]);
    expect(page).toMatchObject({ KeyCount: 2, IsTruncated: false });
  });

  it("reports that an empty bucket has no keys", async () => {
    const { s3, Bucket } = await startS3();
    const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
    expect(page).toMatchObject({ KeyCount: 0, IsTruncated: false });
    expect(page.Contents ?? []).toEqual([]);
  });

  it("preserves keys that XML would change", async () => {
    const keys = [" a", "a&b<c>\"'", "line\nbreak", "tab\tü", "x  y"];
    const { s3, Bucket } = await withKeys(keys);
    const page = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(keys);
    const encoded = await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: "url" }));
    expect(encoded.Contents?.map(({ Key }) => decodeURIComponent(Key!))).toEqual(keys);
    const gone = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    );
    expect(gone.Deleted?.map(({ Key }) => Key)).toEqual(keys);
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
  });
});

describe("listing()", () => {
  it("returns every entry exactly once, for any page size", () => {
    const keys = fc.uniqueArray(
      fc.string({ unit: fc.constantFrom("a", "b", "/"), minLength: 1, maxLength: 6 }),
    );
    fc.assert(
      fc.property(
        keys,
        fc.constantFrom(undefined, "/"),
        fc.constantFrom("", "a", "a/"),
        fc.integer({ min: 1, max: 4 }),
        (given, delimiter, prefix, size) => {
          const shown = { keys: [] as string[], prefixes: [] as string[] };
          let after = "";
          for (;;) {
            const page = listing(given, (key) => key, { prefix, delimiter, after, size });
            shown.keys.push(...page.items);
            shown.prefixes.push(...page.commonPrefixes);
            if (!page.isTruncated) break;
            after = page.last!;
          }
          const below = given.filter((key) => key.startsWith(prefix));
          const grouped = below.filter(
            (key) => delimiter !== undefined && key.slice(prefix.length).includes(delimiter),
          );
          const cut = (key: string) => key.slice(0, key.indexOf("/", prefix.length) + 1);
          expect(shown.keys).toEqual(below.filter((key) => !grouped.includes(key)).sort());
          expect(shown.prefixes).toEqual([...new Set(grouped.map(cut))].sort());
        },
      ),
    );
  });
});

describe("DeleteObjects", () => {
  it("accepts a thousand keys and reports failures", async () => {
    const { s3, Bucket } = await withKeys(["kept"]);
    const Objects = Array.from({ length: 999 }, (_, i) => ({ Key: `a&${i}` }));
    const output = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [...Objects, { Key: "kept", ETag: '"x"' }] } }),
    );
    expect(output.Deleted).toHaveLength(999);
    expect(output.Errors).toMatchObject([{ Key: "kept", Code: "PreconditionFailed" }]);
  });
});

describe("ListObjectVersions", () => {
  it("returns versions and delete markers in pages, newest first", async () => {
    const { s3, Bucket, cloud, scope } = await startS3();
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    for (const Key of ["a", "a", "b"]) await cloud.call("s3", "PutObject", { Bucket, Key, Body: Key }, scope);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    const first = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2 }));
    expect(first.DeleteMarkers).toMatchObject([{ Key: "a", IsLatest: true }]);
    expect(first.Versions).toMatchObject([{ Key: "a", IsLatest: false }]);
    expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: "a" });
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = first;
    const second = await s3.send(new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker }));
    expect(second.Versions).toMatchObject([
      { Key: "a", IsLatest: false },
      { Key: "b", IsLatest: true },
    ]);
    expect(second.IsTruncated).toBe(false);
  });
});
