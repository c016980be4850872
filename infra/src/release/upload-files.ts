import { ListObjectsV2Command, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { LockstepError } from "../lifecycle/lockstep-error.ts";
import type { WebFile } from "./web-files.ts";

export interface UploadOptions {
  s3: Pick<S3Client, "send">;
  /** `WebBucket` of the platform. */
  bucket: string;
  signal?: AbortSignal;
}

const CONCURRENCY = 16;
const MD5 = /^[0-9a-f]{32}$/;

/**
 * Uploads the files that are not in the bucket yet.
 *
 * @returns how many went up, and how many were there
 * @throws LockstepError ASSET_NOT_HASHED when a shared file is there with another content: it would change under
 *   versions that are in use
 */
export async function uploadFiles(
  files: readonly WebFile[],
  options: UploadOptions,
): Promise<{ uploaded: number; present: number }> {
  const there = files.some(({ shared }) => shared) ? await listShared(options) : new Map<string, string>();
  const missing = files.filter((file) => !isThere(file, there.get(file.key)));
  const limit = pLimit(CONCURRENCY);
  await Promise.all(missing.map((file) => limit(() => upload(file, options))));
  return { uploaded: missing.length, present: files.length - missing.length };
}

function isThere(file: WebFile, etag: string | undefined): boolean {
  if (!file.shared || etag === undefined) return false;
  // An ETag is the content's MD5, but for objects that came in parts or under a KMS key.
  if (MD5.test(etag) && etag !== file.md5)
    throw new LockstepError("ASSET_NOT_HASHED", `${file.key} is in the bucket with another content.`);
  return true;
}

/** Keys of the shared files in the bucket and their ETags, without quotes. */
async function listShared({ s3, bucket, signal }: UploadOptions): Promise<Map<string, string>> {
  const etags = new Map<string, string>();
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: "assets/", ContinuationToken: token }),
      { abortSignal: signal },
    );
    for (const { Key, ETag } of page.Contents ?? []) etags.set(Key!, (ETag ?? "").replaceAll('"', ""));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return etags;
}

async function upload(file: WebFile, { s3, bucket, signal }: UploadOptions): Promise<void> {
  signal?.throwIfAborted();
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: file.key,
      Body: file.body,
      ContentType: file.contentType,
      CacheControl: file.cacheControl,
      Metadata: file.metadata,
    }),
    { abortSignal: signal },
  );
}
