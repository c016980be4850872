import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { buildPrefix } from "@lockstep/edge/names";
import pLimit from "p-limit";
import { type BucketOptions, listObjects } from "../aws/objects.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import { ANY_CONTENT, type Manifest } from "../lifecycle/manifest.ts";
import { SHARED_FOLDER } from "./web-files.ts";

const CONCURRENCY = 16;
const SHOWN = 5;
/** An ETag is the content's MD5, but for objects that came in parts or under a KMS key. */
const MD5 = /^[0-9a-f]{32}$/;

/**
 * Asks the bucket for every file of a version: is it there with the content that the manifest names, and do its pages carry
 * the version from which `stamp` makes the cookie? One call for every 1,000 objects, and one for each HTML file.
 *
 * @throws LockstepError FILES_MISSING naming them
 */
export async function verifyFiles(id: string, manifest: Manifest, options: BucketOptions): Promise<void> {
  const there = await listFiles(id, options);
  const limit = pLimit(CONCURRENCY);
  const found = await Promise.all(
    [...manifest].map(([key, md5]) => {
      const etag = there.get(key);
      if (etag === undefined) return `${key} is missing`;
      if (!hasContent(etag, md5)) return `${key} has another content`;
      return key.endsWith(".html") && !key.startsWith(SHARED_FOLDER)
        ? limit(() => wrongStamp(key, id, options))
        : undefined;
    }),
  );
  const wrong = found.filter((problem) => problem !== undefined);
  if (wrong.length === 0) return;
  const more = wrong.length > SHOWN ? ` and ${wrong.length - SHOWN} more` : "";
  throw new LockstepError("FILES_MISSING", `${wrong.slice(0, SHOWN).join("; ")}${more}.`);
}

/** What of a version's own files and of the shared ones is in the bucket: key → ETag without quotes. */
export async function listFiles(
  id: string,
  options: BucketOptions & { signal?: AbortSignal },
): Promise<Map<string, string>> {
  const etags = new Map<string, string>();
  const read = async (prefix: string) => {
    for await (const { Key, ETag = "" } of listObjects(prefix, options))
      etags.set(Key, ETag.replaceAll('"', ""));
  };
  await Promise.all([read(SHARED_FOLDER), read(buildPrefix(id).slice(1))]);
  return etags;
}

/** Whether the object's ETag says that it has this content; one that says nothing is believed. */
export function hasContent(etag: string, md5: string): boolean {
  return md5 === ANY_CONTENT || !MD5.test(etag) || etag === md5;
}

async function wrongStamp(
  key: string,
  id: string,
  { s3, bucket }: BucketOptions,
): Promise<string | undefined> {
  const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const stamp = Metadata?.["lockstep-version"];
  return stamp === id ? undefined : `${key} is stamped ${stamp ?? "with no version"}`;
}
