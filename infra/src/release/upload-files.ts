import { PutObjectCommand } from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import type { BucketOptions } from "../aws/objects.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import { hasContent, listFiles } from "./verify-files.ts";
import type { WebFile } from "./web-files.ts";

/** `bucket`: `WebBucket` of the platform. */
export interface UploadOptions extends BucketOptions {
  signal?: AbortSignal;
}

const CONCURRENCY = 16;

/**
 * Uploads the files of a version that are not in the bucket yet.
 *
 * @returns how many went up, and how many were there
 * @throws LockstepError ASSET_NOT_HASHED when a shared file is there with another content: it would change under
 *   versions that are in use
 */
export async function uploadFiles(
  id: string,
  files: readonly WebFile[],
  options: UploadOptions,
): Promise<{ uploaded: number; present: number }> {
  const there = await listFiles(id, options);
  const missing = files.filter((file) => !isThere(file, there.get(file.key)));
  const limit = pLimit(CONCURRENCY);
  await Promise.all(missing.map((file) => limit(() => upload(file, options))));
  return { uploaded: missing.length, present: files.length - missing.length };
}

function isThere({ key, md5, shared, contentEncoding }: WebFile, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  // Compressed bytes may differ with the compressor; the name carries the content's hash.
  if (hasContent(etag, md5) || (shared && contentEncoding !== undefined)) return true;
  if (shared) throw new LockstepError("ASSET_NOT_HASHED", `${key} is in the bucket with another content.`);
  return false;
}

async function upload(file: WebFile, { s3, bucket, signal }: UploadOptions): Promise<void> {
  signal?.throwIfAborted();
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: file.key,
      Body: file.body,
      ContentType: file.contentType,
      ContentEncoding: file.contentEncoding,
      CacheControl: file.cacheControl,
      Metadata: file.metadata,
    }),
    { abortSignal: signal },
  );
}
