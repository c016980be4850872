import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { CONTENT_METADATA } from "@lockstep/edge/names";
import pLimit from "p-limit";
import type { BucketOptions } from "../../aws/objects.ts";
import { LockstepError } from "../../base/lockstep-error.ts";
import { hasContent, listFiles } from "../../versions/verify-files.ts";
import type { WebFile } from "../build/web-files.ts";

/** `bucket`: `WebBucket` of the platform. */
export interface UploadOptions extends BucketOptions {
  signal?: AbortSignal;
}

const CONCURRENCY = 16;

/**
 * Uploads the files of a version that are not in the bucket yet.
 *
 * @returns how many were uploaded, and how many were already there
 * @throws LockstepError ASSET_NOT_HASHED if the bucket has a shared file with other content, which versions in use need
 */
export async function uploadFiles(
  id: string,
  files: readonly WebFile[],
  options: UploadOptions,
): Promise<{ uploaded: number; present: number }> {
  const stored = await listFiles(
    id,
    files.map(({ key }) => key),
    options,
  );
  const limit = pLimit(CONCURRENCY);
  const present = await Promise.all(
    files.map((file) => limit(() => isPresent(file, stored.get(file.key), options))),
  );
  // Only after all files have been checked.
  const missing = files.filter((_file, at) => !present[at]);
  await Promise.all(missing.map((file) => limit(() => upload(file, options))));
  return { uploaded: missing.length, present: files.length - missing.length };
}

async function isPresent(file: WebFile, etag: string | undefined, options: UploadOptions): Promise<boolean> {
  if (etag === undefined) return false;
  const { key, md5, shared, contentEncoding } = file;
  if (hasContent(etag, md5)) return true;
  // Compressed bytes depend on the compressor, so the uncompressed content is compared.
  if (
    shared &&
    contentEncoding !== undefined &&
    (await contentOf(key, options)) === file.metadata?.[CONTENT_METADATA]
  )
    return true;
  if (shared) throw new LockstepError("ASSET_NOT_HASHED", `${key} is in the bucket with other content.`);
  return false;
}

/** MD5 of the uncompressed content of an object: from its metadata, or from the object itself if it has none. */
async function contentOf(key: string, { s3, bucket, signal }: UploadOptions): Promise<string | undefined> {
  const at = { Bucket: bucket, Key: key };
  const { Metadata, ContentEncoding } = await s3.send(new HeadObjectCommand(at), { abortSignal: signal });
  const noted = Metadata?.[CONTENT_METADATA];
  if (noted !== undefined || ContentEncoding !== "gzip") return noted;
  const { Body } = await s3.send(new GetObjectCommand(at), { abortSignal: signal });
  const content = await promisify(gunzip)((await Body?.transformToByteArray()) ?? new Uint8Array());
  return createHash("md5").update(content).digest("hex");
}

async function upload(file: WebFile, { s3, bucket, signal }: UploadOptions): Promise<void> {
  signal?.throwIfAborted();
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: file.key,
      Body: file.body ?? (await readFile(file.path)),
      ContentType: file.contentType,
      ContentEncoding: file.contentEncoding,
      CacheControl: file.cacheControl,
      Metadata: file.metadata,
    }),
    { abortSignal: signal },
  );
}
