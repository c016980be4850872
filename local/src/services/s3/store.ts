import { randomUUID } from "node:crypto";
import type { ServerSideEncryption, StorageClass, Tag } from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT } from "../../cloud.ts";

export interface Bucket {
  name: string;
  region: string;
  createdAt: Date;
  /** `undefined` until versioning is configured for the first time. */
  versioning: "Enabled" | "Suspended" | undefined;
  /** Stored documents, by the name of the setting. */
  settings: Map<string, unknown>;
  /** Versions by key: newest first, never empty. */
  objects: Map<string, ObjectVersion[]>;
  uploads: Map<string, Upload>;
}

export type Buckets = Map<string, Bucket>;

export interface ObjectVersion {
  key: string;
  /** `null` (as text) for objects written while versioning was not enabled. */
  versionId: string;
  modifiedAt: Date;
  isDeleteMarker: boolean;
  body: Uint8Array;
  /** Includes the quotes. */
  etag: string;
  properties: ObjectProperties;
  checksums: Record<string, string>;
  tags: Tag[];
}

/** A multipart upload in progress. */
export interface Upload {
  id: string;
  key: string;
  startedAt: Date;
  properties: ObjectProperties;
  tags: Tag[];
  parts: Map<number, Part>;
}

export interface Part {
  number: number;
  body: Uint8Array;
  etag: string;
  modifiedAt: Date;
  checksums: Record<string, string>;
}

/** An object's properties as set by its writer, named like the members of PutObject and GetObject. */
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

/** Finds the bucket of a request. Throws NoSuchBucket, or AccessDenied if the caller expects another owner. */
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

/** Returns the newest version of a key, which may be a delete marker. */
function newestOf(bucket: Bucket, key: string): ObjectVersion | undefined {
  return bucket.objects.get(key)?.[0];
}

/** Returns the newest version of a key if it is an object. */
export function currentOf(bucket: Bucket, key: string): ObjectVersion | undefined {
  const newest = newestOf(bucket, key);
  return newest?.isDeleteMarker ? undefined : newest;
}

/** Returns the current object or the given version. Throws NoSuchKey, NoSuchVersion or MethodNotAllowed. */
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

/** Adds the newest version or delete marker of a key, with the id that the bucket's versioning requires. */
export function addVersion(bucket: Bucket, version: Omit<ObjectVersion, "versionId">): ObjectVersion {
  const versionId = bucket.versioning === "Enabled" ? randomUUID().replaceAll("-", "") : "null";
  const added = { ...version, versionId };
  const others = (bucket.objects.get(version.key) ?? []).filter((other) => other.versionId !== versionId);
  bucket.objects.set(version.key, [added, ...others]);
  return added;
}

/** Removes one version permanently and returns it. */
export function removeVersion(bucket: Bucket, key: string, versionId: string): ObjectVersion | undefined {
  const versions = bucket.objects.get(key) ?? [];
  const removed = versions.find((version) => version.versionId === versionId);
  const rest = versions.filter((version) => version !== removed);
  if (rest.length === 0) bucket.objects.delete(key);
  else bucket.objects.set(key, rest);
  return removed;
}

/** Returns the VersionId for responses: none if versioning was never configured. */
export function shownVersionId(bucket: Bucket, version: ObjectVersion): string | undefined {
  return bucket.versioning === undefined ? undefined : version.versionId;
}
