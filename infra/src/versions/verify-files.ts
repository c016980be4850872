import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { buildPrefix } from "@lockstep/edge/build-path";
import { STAMP_METADATA, STATUS_METADATA } from "@lockstep/edge/names";
import pLimit from "p-limit";
import { type BucketOptions, listObjects } from "../aws/objects.ts";
import { formatList } from "../base/format.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import { ANY_CONTENT, type Manifest } from "../lifecycle/manifest.ts";
import { isPage } from "./page.ts";

const CONCURRENCY = 16;
const SHOWN = 5;
/** The ETag of an object is the MD5 of its content, unless it was uploaded in parts or is encrypted with a KMS key. */
const MD5 = /^[0-9a-f]{32}$/;

/**
 * Verifies that every file of a version is in the bucket with the content that the manifest names, and that its pages
 * have the metadata from which `stamp` creates the cookie. One call per 1,000 objects, and one per page.
 *
 * @throws LockstepError FILES_MISSING with the files that are missing or wrong
 */
export async function verifyFiles(id: string, manifest: Manifest, options: BucketOptions): Promise<void> {
  const stored = await listFiles(id, manifest.keys(), options);
  const own = buildPrefix(id);
  const limit = pLimit(CONCURRENCY);
  const found = await Promise.all(
    [...manifest].map(([key, md5]) => {
      const etag = stored.get(key);
      if (etag === undefined) return `${key} is missing`;
      if (!hasContent(etag, md5)) return `${key} has other content`;
      return isPage(key) && key.startsWith(own) ? limit(() => wrongStamp(key, id, options)) : undefined;
    }),
  );
  const wrong = found.filter((problem) => problem !== undefined);
  if (wrong.length === 0) return;
  throw new LockstepError("FILES_MISSING", `${formatList(wrong, SHOWN, "; ")}.`);
}

/**
 * Lists the objects below the prefix of a version and in the folders of its shared files: key → ETag without quotes.
 *
 * @param keys the files of the version
 */
export async function listFiles(
  id: string,
  keys: Iterable<string>,
  options: BucketOptions & { signal?: AbortSignal },
): Promise<Map<string, string>> {
  const etags = new Map<string, string>();
  const read = async (prefix: string) => {
    for await (const { Key, ETag = "" } of listObjects(prefix, options))
      etags.set(Key, ETag.replaceAll('"', ""));
  };
  const own = buildPrefix(id);
  const shared = [...keys]
    .filter((key) => !key.startsWith(own))
    .map((key) => key.slice(0, key.indexOf("/") + 1));
  await Promise.all([...new Set([own, ...shared])].map(read));
  return etags;
}

/** Whether an object has this content, as far as its ETag shows. */
export function hasContent(etag: string, md5: string): boolean {
  return md5 === ANY_CONTENT || !MD5.test(etag) || etag === md5;
}

async function wrongStamp(
  key: string,
  id: string,
  { s3, bucket }: BucketOptions,
): Promise<string | undefined> {
  const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const stamp = Metadata?.[STAMP_METADATA];
  // 404.html has a status instead of a version, because it never sets the cookie.
  const isRight = stamp === id || (stamp === undefined && Metadata?.[STATUS_METADATA] !== undefined);
  return isRight ? undefined : `${key} has the metadata of ${stamp ?? "no version"}`;
}
