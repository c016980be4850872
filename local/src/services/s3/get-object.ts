import type { GetObjectRequest, HeadObjectOutput } from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { checkRead } from "./conditions.ts";
import {
  type Bucket,
  type Buckets,
  bucketOf,
  type ObjectVersion,
  objectOf,
  shownVersionId,
} from "./store.ts";

const SUPPORTED = [
  "Bucket",
  "Key",
  "VersionId",
  "Range",
  "IfMatch",
  "IfNoneMatch",
  "IfModifiedSince",
  "IfUnmodifiedSince",
  "ResponseCacheControl",
  "ResponseContentDisposition",
  "ResponseContentEncoding",
  "ResponseContentLanguage",
  "ResponseContentType",
  "ResponseExpires",
  "ChecksumMode",
  "RequestPayer",
  "ExpectedBucketOwner",
];

/** A part of an object: from `start` up to, but not including, `end`. */
interface Slice {
  start: number;
  end: number;
}

/** Returns `Body` as a `Uint8Array`, which callers must not change. */
export function getObject(
  buckets: Buckets,
  input: GetObjectRequest,
): HeadObjectOutput & { Body: Uint8Array; ContentRange?: string } {
  const { bucket, version, slice } = select("s3:GetObject", buckets, input);
  const { start, end } = slice ?? { start: 0, end: version.body.length };
  return {
    ...describeObject(bucket, version, input, slice),
    Body: version.body.subarray(start, end),
  };
}

export function headObject(buckets: Buckets, input: GetObjectRequest): HeadObjectOutput {
  const { bucket, version, slice } = select("s3:HeadObject", buckets, input);
  return describeObject(bucket, version, input, slice);
}

function select(operation: string, buckets: Buckets, input: GetObjectRequest) {
  refuseUnknown(operation, input, SUPPORTED);
  const bucket = bucketOf(buckets, input);
  const version = objectOf(bucket, input.Key!, input.VersionId);
  checkRead(version, input);
  return { bucket, version, slice: readRange(input.Range, version.body.length) };
}

function describeObject(
  bucket: Bucket,
  version: ObjectVersion,
  input: GetObjectRequest,
  slice: Slice | undefined,
): HeadObjectOutput & { ContentRange?: string } {
  const { properties, body } = version;
  // A checksum covers the whole object, so clients would reject it for a part.
  const withChecksums = input.ChecksumMode === "ENABLED" && slice === undefined;
  return {
    ...properties,
    CacheControl: input.ResponseCacheControl ?? properties.CacheControl,
    ContentDisposition: input.ResponseContentDisposition ?? properties.ContentDisposition,
    ContentEncoding: input.ResponseContentEncoding ?? properties.ContentEncoding,
    ContentLanguage: input.ResponseContentLanguage ?? properties.ContentLanguage,
    ContentType: input.ResponseContentType ?? properties.ContentType,
    Expires: input.ResponseExpires ?? properties.Expires,
    AcceptRanges: "bytes",
    LastModified: version.modifiedAt,
    ETag: version.etag,
    VersionId: shownVersionId(bucket, version),
    ContentLength: slice === undefined ? body.length : slice.end - slice.start,
    ContentRange: slice && `bytes ${slice.start}-${slice.end - 1}/${body.length}`,
    TagCount: version.tags.length > 0 ? version.tags.length : undefined,
    ...(withChecksums ? { ...version.checksums, ChecksumType: "FULL_OBJECT" } : {}),
  };
}

/** Parses one range of bytes. As in S3, several ranges or an invalid range select the whole object. */
function readRange(header: string | undefined, size: number): Slice | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  if (start >= size) {
    throw new AwsError("InvalidRange", "The requested range is not satisfiable", 416, {
      RangeRequested: header,
      ActualObjectSize: size,
      "content-range": `bytes */${size}`,
    });
  }
  return { start, end };
}
