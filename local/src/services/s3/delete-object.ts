import type {
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
} from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { checkWrite } from "./conditions.ts";
import { addVersion, type Bucket, type Buckets, bucketOf, removeVersion } from "./store.ts";

/** Maximum number of objects in one DeleteObjects call (S3). */
const DELETE_MAX = 1000;

export function deleteObject(buckets: Buckets, input: DeleteObjectRequest, now: Date): DeleteObjectOutput {
  refuseUnknown("s3:DeleteObject", input, [
    "Bucket",
    "Key",
    "VersionId",
    "IfMatch",
    "RequestPayer",
    "ExpectedBucketOwner",
  ]);
  return remove(bucketOf(buckets, input), input.Key!, input, now);
}

export function deleteObjects(buckets: Buckets, input: DeleteObjectsRequest, now: Date): DeleteObjectsOutput {
  refuseUnknown("s3:DeleteObjects", input, [
    "Bucket",
    "Delete",
    "ChecksumAlgorithm",
    "RequestPayer",
    "ExpectedBucketOwner",
  ]);
  const bucket = bucketOf(buckets, input);
  const wanted = input.Delete?.Objects ?? [];
  if (wanted.length < 1 || wanted.length > DELETE_MAX)
    throw new AwsError(
      "MalformedXML",
      `One call can delete 1 to ${DELETE_MAX} objects, got ${wanted.length}.`,
    );
  const output: Required<Pick<DeleteObjectsOutput, "Deleted" | "Errors">> = { Deleted: [], Errors: [] };
  for (const { Key, VersionId, ETag } of wanted) {
    try {
      const removed = remove(bucket, Key!, { VersionId, IfMatch: ETag }, now);
      const marker = removed.DeleteMarker
        ? { DeleteMarker: true, DeleteMarkerVersionId: removed.VersionId }
        : {};
      if (!input.Delete?.Quiet) output.Deleted.push({ Key, VersionId, ...marker });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      output.Errors.push({ Key, VersionId, Code: error.code, Message: error.message });
    }
  }
  return output;
}

/** Without a version, adds a delete marker, or removes the object if the bucket was never versioned. */
function remove(
  bucket: Bucket,
  key: string,
  { VersionId, IfMatch }: { VersionId?: string; IfMatch?: string },
  now: Date,
): DeleteObjectOutput {
  if (IfMatch !== undefined) checkWrite(bucket, key, { IfMatch });
  if (VersionId !== undefined) {
    const removed = removeVersion(bucket, key, VersionId);
    return { VersionId, DeleteMarker: removed?.isDeleteMarker ? true : undefined };
  }
  if (bucket.versioning === undefined) {
    bucket.objects.delete(key);
    return {};
  }
  const marker = addVersion(bucket, {
    key,
    modifiedAt: now,
    isDeleteMarker: true,
    body: new Uint8Array(),
    etag: "",
    properties: {},
    checksums: {},
    tags: [],
  });
  return { DeleteMarker: true, VersionId: marker.versionId };
}
