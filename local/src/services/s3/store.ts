import { randomUUID } from "node:crypto";
import type { ServerSideEncryption, StorageClass, Tag } from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT } from "../../cloud.ts";
import type { Upload } from "./multipart.ts";

export interface Bucket {
  name: string;
  region: string;
  createdAt: Date;
  /** Undefined until versioning is touched for the first time; then never again. */
  versioning: "Enabled" | "Suspended" | undefined;
  /** Stored documents by the name of the setting. */
  settings: Map<string, unknown>;
  /** By key: newest first, never empty. */
  objects: Map<string, ObjectVersion[]>;
  uploads: Map<string, Upload>;
}

export type Buckets = Map<string, Bucket>;

export interface ObjectVersion {
  key: string;
  /** `null` (the text) for what was written while versioning was not enabled. */
  versionId: string;
  modifiedAt: Date;
  isDeleteMarker: boolean;
  body: Uint8Array;
  /** With its quotes. */
  etag: string;
  properties: ObjectProperties;
  checksums: Record<string, string>;
  tags: Tag[];
}

/** What the writer of an object says about it, as members of PutObject and GetObject. */
export interface ObjectProperties {
  CacheControl?: string;
  ContentDisposition?: string;
  ContentEncoding?: string;
  ContentLanguage?: string;
  ContentType?: string;
  Expires?: Date;
  Metadata?: Record<string, string>;
  StorageClass?: StorageClass;
  ServerSideEncryption?: ServerSideEncryption;
  SSEKMSKeyId?: string;
  BucketKeyEnabled?: boolean;
}

export const PROPERTY_NAMES = [
  "CacheControl",
  "ContentDisposition",
  "ContentEncoding",
  "ContentLanguage",
  "ContentType",
  "Expires",
  "Metadata",
  "StorageClass",
  "ServerSideEncryption",
  "SSEKMSKeyId",
  "BucketKeyEnabled",
] as const;

/** The bucket of a request. Throws NoSuchBucket, or AccessDenied when the caller expected another owner. */
export function bucketOf(buckets: Buckets, input: { Bucket?: string; ExpectedBucketOwner?: string }): Bucket {
  const bucket = buckets.get(input.Bucket ?? "");
  if (bucket === undefined) {
    throw new AwsError("NoSuchBucket", `The specified bucket does not exist: ${input.Bucket}`, 404, {
      BucketName: input.Bucket,
    });
  }
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== ACCOUNT)
    throw new AwsError("AccessDenied", `${bucket.name} belongs to ${ACCOUNT}.`, 403);
  return bucket;
}

/** The newest version of a key, delete markers included. */
function newestOf(bucket: Bucket, key: string): ObjectVersion | undefined {
  return bucket.objects.get(key)?.[0];
}

/** The newest version of a key, if that is an object. */
export function currentOf(bucket: Bucket, key: string): ObjectVersion | undefined {
  const newest = newestOf(bucket, key);
  return newest?.isDeleteMarker ? undefined : newest;
}

/** The current object, or the named version of it. Throws NoSuchKey, NoSuchVersion or MethodNotAllowed. */
export function objectOf(bucket: Bucket, key: string, versionId: string | undefined): ObjectVersion {
  if (versionId === undefined) {
    const newest = newestOf(bucket, key);
    if (newest !== undefined && !newest.isDeleteMarker) return newest;
    const marker = newest && { "x-amz-delete-marker": "true", "x-amz-version-id": newest.versionId };
    throw noSuchKey(key, marker);
  }
  const version = bucket.objects.get(key)?.find((candidate) => candidate.versionId === versionId);
  if (version === undefined) {
    throw new AwsError("NoSuchVersion", `The version ${versionId} of ${key} does not exist.`, 404, {
      Key: key,
      VersionId: versionId,
    });
  }
  if (version.isDeleteMarker) {
    throw new AwsError("MethodNotAllowed", "The specified version is a delete marker.", 405, {
      "x-amz-delete-marker": "true",
    });
  }
  return version;
}

export function noSuchKey(key: string, headers: object = {}): AwsError {
  return new AwsError("NoSuchKey", "The specified key does not exist.", 404, { Key: key, ...headers });
}

/** Puts a version (or a delete marker) on top of its key, under the id that the bucket's versioning gives it. */
export function addVersion(bucket: Bucket, version: Omit<ObjectVersion, "versionId">): ObjectVersion {
  const versionId = bucket.versioning === "Enabled" ? randomUUID().replaceAll("-", "") : "null";
  const added = { ...version, versionId };
  const others = (bucket.objects.get(version.key) ?? []).filter((other) => other.versionId !== versionId);
  bucket.objects.set(version.key, [added, ...others]);
  return added;
}

/** Removes one version for good; answers what it was. */
export function removeVersion(bucket: Bucket, key: string, versionId: string): ObjectVersion | undefined {
  const versions = bucket.objects.get(key) ?? [];
  const removed = versions.find((version) => version.versionId === versionId);
  const rest = versions.filter((version) => version !== removed);
  if (rest.length === 0) bucket.objects.delete(key);
  else bucket.objects.set(key, rest);
  return removed;
}

/** The VersionId that answers carry: none as long as versioning was never touched. */
export function shownVersionId(bucket: Bucket, version: ObjectVersion): string | undefined {
  return bucket.versioning === undefined ? undefined : version.versionId;
}
