import type { CopyObjectOutput, CopyObjectRequest } from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { checkCopySource, checkWrite } from "./conditions.ts";
import { checkKey, propertiesOf, readTagging, refuseAcl, WRITE_MEMBERS } from "./put-object.ts";
import { addVersion, type Buckets, bucketOf, objectOf, shownVersionId } from "./store.ts";

const SUPPORTED = [
  ...WRITE_MEMBERS,
  "CopySource",
  "CopySourceIfMatch",
  "CopySourceIfNoneMatch",
  "CopySourceIfModifiedSince",
  "CopySourceIfUnmodifiedSince",
  "IfMatch",
  "IfNoneMatch",
  "MetadataDirective",
  "TaggingDirective",
  "ExpectedSourceBucketOwner",
];

export function copyObject(buckets: Buckets, input: CopyObjectRequest, now: Date): CopyObjectOutput {
  refuseUnknown("s3:CopyObject", input, SUPPORTED);
  refuseAcl(input.ACL);
  const from = readCopySource(input.CopySource!);
  const sourceBucket = bucketOf(buckets, {
    Bucket: from.bucket,
    ExpectedBucketOwner: input.ExpectedSourceBucketOwner,
  });
  const source = objectOf(sourceBucket, from.key, from.versionId);
  checkCopySource(source, {
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  });
  const bucket = bucketOf(buckets, input);
  const key = input.Key!;
  checkKey(key);
  const replaces = input.MetadataDirective === "REPLACE";
  const isItself = bucket === sourceBucket && key === from.key && from.versionId === undefined;
  if (isItself && !replaces && input.StorageClass === undefined && input.ServerSideEncryption === undefined) {
    throw new AwsError(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
        "metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  checkWrite(bucket, key, input);
  const version = addVersion(bucket, {
    key,
    modifiedAt: now,
    isDeleteMarker: false,
    body: source.body,
    etag: source.etag,
    checksums: source.checksums,
    properties: replaces
      ? propertiesOf(input)
      : {
          ...source.properties,
          ...(input.StorageClass === undefined ? {} : { StorageClass: propertiesOf(input).StorageClass }),
        },
    tags: input.TaggingDirective === "REPLACE" ? readTagging(input.Tagging) : source.tags,
  });
  return {
    CopyObjectResult: { ETag: version.etag, LastModified: version.modifiedAt },
    CopySourceVersionId: shownVersionId(sourceBucket, source),
    VersionId: shownVersionId(bucket, version),
    ServerSideEncryption: version.properties.ServerSideEncryption,
  };
}

/** Parses `[/]bucket/key[?versionId=id]`. In-process callers may omit the percent-encoding. */
function readCopySource(source: string): { bucket: string; key: string; versionId: string | undefined } {
  const [path = "", versionId] = source.replace(/^\//, "").split("?versionId=");
  const slash = path.indexOf("/");
  if (slash < 1) throw new AwsError("InvalidArgument", `The copy source "${source}" is not <bucket>/<key>.`);
  return { bucket: path.slice(0, slash), key: decodeURIComponent(path.slice(slash + 1)), versionId };
}
