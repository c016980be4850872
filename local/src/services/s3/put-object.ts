import type { PutObjectOutput, PutObjectRequest, Tag } from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { CHECKSUM_NAMES, etagOf, readChecksums } from "./checksums.ts";
import { checkWrite } from "./conditions.ts";
import {
  addVersion,
  type Buckets,
  bucketOf,
  type ObjectProperties,
  PROPERTY_NAMES,
  shownVersionId,
} from "./store.ts";

/** Maximum length of a key (S3). */
const KEY_MAX_BYTES = 1024;
/** Maximum length of all names and values of user metadata (S3). */
const METADATA_MAX_BYTES = 2048;

/** Members that every write of an object accepts. */
export const WRITE_MEMBERS = [
  "Bucket",
  "Key",
  "ACL",
  "Tagging",
  "ChecksumAlgorithm",
  "RequestPayer",
  "ExpectedBucketOwner",
  ...PROPERTY_NAMES,
];

const PUT_MEMBERS = [
  ...WRITE_MEMBERS,
  ...CHECKSUM_NAMES,
  "Body",
  "ContentLength",
  "ContentMD5",
  "IfMatch",
  "IfNoneMatch",
];

export function putObject(
  buckets: Buckets,
  input: PutObjectRequest & { Body?: Uint8Array | string },
  now: Date,
): PutObjectOutput {
  refuseUnknown("s3:PutObject", input, PUT_MEMBERS);
  const bucket = bucketOf(buckets, input);
  const key = input.Key!;
  checkKey(key);
  refuseAcl(input.ACL);
  const body = typeof input.Body === "string" ? Buffer.from(input.Body) : (input.Body ?? Buffer.alloc(0));
  const checksums = readChecksums(input, body);
  checkWrite(bucket, key, input);
  const version = addVersion(bucket, {
    key,
    modifiedAt: now,
    isDeleteMarker: false,
    body,
    etag: etagOf(body),
    properties: propertiesOf(input),
    checksums,
    tags: readTagging(input.Tagging),
  });
  return {
    ETag: version.etag,
    VersionId: shownVersionId(bucket, version),
    ServerSideEncryption: version.properties.ServerSideEncryption,
    SSEKMSKeyId: version.properties.SSEKMSKeyId,
    ...checksums,
    ...(Object.keys(checksums).length > 0 ? { ChecksumType: "FULL_OBJECT" } : {}),
  };
}

export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > KEY_MAX_BYTES)
    throw new AwsError("KeyTooLongError", `Your key is too long: ${bytes} bytes of ${KEY_MAX_BYTES}.`);
}

/**
 * Returns the properties that a writer sets for an object, with S3's defaults. Metadata names become lower case, like
 * header names.
 */
export function propertiesOf(input: ObjectProperties): ObjectProperties {
  const metadata = Object.fromEntries(
    Object.entries(input.Metadata ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const bytes = Buffer.byteLength(Object.entries(metadata).flat().join(""));
  if (bytes > METADATA_MAX_BYTES) {
    throw new AwsError(
      "MetadataTooLarge",
      `Your metadata headers exceed the maximum allowed metadata size: ${bytes} bytes of ${METADATA_MAX_BYTES}.`,
    );
  }
  return {
    CacheControl: input.CacheControl,
    ContentDisposition: input.ContentDisposition,
    ContentEncoding: input.ContentEncoding,
    ContentLanguage: input.ContentLanguage,
    ContentType: input.ContentType ?? "binary/octet-stream",
    Expires: input.Expires,
    Metadata: metadata,
    // S3 returns the storage class only if it is not the standard one.
    StorageClass: input.StorageClass === "STANDARD" ? undefined : input.StorageClass,
    ServerSideEncryption: input.ServerSideEncryption ?? "AES256",
    SSEKMSKeyId: input.SSEKMSKeyId,
    BucketKeyEnabled: input.BucketKeyEnabled,
  };
}

/** Parses tags in the form of the `x-amz-tagging` header, a query string. */
export function readTagging(tagging: string | undefined): Tag[] {
  return [...new URLSearchParams(tagging ?? "")].map(([Key, Value]) => ({ Key, Value }));
}

/** Refuses ACLs. Buckets have them disabled, the default since 2023, and then AWS accepts only these two. */
export function refuseAcl(acl: string | undefined): void {
  if (acl === undefined || acl === "private" || acl === "bucket-owner-full-control") return;
  throw new AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs");
}
