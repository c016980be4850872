import type {
  _Object as ListedObject,
  ListObjectsOutput,
  ListObjectsRequest,
  ListObjectsV2Output,
  ListObjectsV2Request,
} from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { keyEncoder, type Listing, listing, pageSize } from "./listing.ts";
import { type Bucket, type Buckets, bucketOf, currentOf, type ObjectVersion } from "./store.ts";

const SUPPORTED = [
  "Bucket",
  "Prefix",
  "Delimiter",
  "EncodingType",
  "MaxKeys",
  "RequestPayer",
  "ExpectedBucketOwner",
];

export function listObjectsV2(buckets: Buckets, input: ListObjectsV2Request): ListObjectsV2Output {
  refuseUnknown("s3:ListObjectsV2", input, [...SUPPORTED, "ContinuationToken", "StartAfter", "FetchOwner"]);
  const after =
    input.ContinuationToken === undefined ? (input.StartAfter ?? "") : readToken(input.ContinuationToken);
  const page = listCurrent(bucketOf(buckets, input), input, after);
  const encode = keyEncoder(input.EncodingType);
  const next = page.isTruncated ? Buffer.from(page.last!).toString("base64") : undefined;
  return {
    ...describePage(page, input, input.FetchOwner ?? false),
    StartAfter: encode(input.StartAfter),
    ContinuationToken: input.ContinuationToken,
    NextContinuationToken: next,
    KeyCount: page.items.length + page.commonPrefixes.length,
  };
}

/** Version 1 of the action, which some tools still use. It continues from a key instead of a token. */
export function listObjects(buckets: Buckets, input: ListObjectsRequest): ListObjectsOutput {
  refuseUnknown("s3:ListObjects", input, [...SUPPORTED, "Marker"]);
  const page = listCurrent(bucketOf(buckets, input), input, input.Marker ?? "");
  const encode = keyEncoder(input.EncodingType);
  return {
    ...describePage(page, input, true),
    Marker: encode(input.Marker ?? ""),
    NextMarker: page.isTruncated && input.Delimiter ? encode(page.last) : undefined,
  };
}

function listCurrent(
  bucket: Bucket,
  input: { Prefix?: string; Delimiter?: string; MaxKeys?: number },
  after: string,
): Listing<ObjectVersion> {
  const objects = [...bucket.objects.keys()].flatMap((key) => currentOf(bucket, key) ?? []);
  return listing(objects, ({ key }) => key, {
    prefix: input.Prefix ?? "",
    delimiter: input.Delimiter,
    after,
    size: pageSize(input.MaxKeys),
  });
}

function describePage(page: Listing<ObjectVersion>, input: ListObjectsRequest, withOwner: boolean) {
  const encode = keyEncoder(input.EncodingType);
  return {
    Name: input.Bucket,
    Prefix: encode(input.Prefix ?? ""),
    Delimiter: encode(input.Delimiter),
    EncodingType: input.EncodingType,
    MaxKeys: pageSize(input.MaxKeys),
    IsTruncated: page.isTruncated,
    Contents: page.items.map((version) => describeListed(version, encode, withOwner)),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}

function describeListed(
  version: ObjectVersion,
  encode: (text: string) => string,
  withOwner: boolean,
): ListedObject {
  return {
    Key: encode(version.key),
    LastModified: version.modifiedAt,
    ETag: version.etag,
    Size: version.body.length,
    StorageClass: version.properties.StorageClass ?? "STANDARD",
    ...(withOwner ? { Owner: { ID: ACCOUNT } } : {}),
  };
}

function readToken(token: string): string {
  const key = Buffer.from(token, "base64");
  if (token === "" || key.toString("base64") !== token)
    throw new AwsError("InvalidArgument", "The continuation token provided is incorrect");
  return key.toString("utf8");
}
