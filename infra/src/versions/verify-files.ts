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
/** An ETag is the content's MD5, but for objects that came in parts or under a KMS key. */
const MD5 = /^[0-9a-f]{32}$/;

/**
 * Asks the bucket for every file of a version: is it there with the content that the manifest names, and do its pages carry
 * the version from which `stamp` makes the cookie? One call for every 1,000 objects, and one for each HTML file.
 *
 * @throws LockstepError FILES_MISSING naming them
 */
export async function verifyFiles(id: string, manifest: Manifest, options: BucketOptions): Promise<void> {
  const there = await listFiles(id, manifest.keys(), options);
  const own = buildPrefix(id);
  const limit = pLimit(CONCURRENCY);
  const found = await Promise.all(
    [...manifest].map(([key, md5]) => {
      const etag = there.get(key);
      if (etag === undefined) return `${key} is missing`;
      if (!hasContent(etag, md5)) return `${key} has another content`;
      return isPage(key) && key.startsWith(own) ? limit(() => wrongStamp(key, id, options)) : undefined;
    }),
  );
  const wrong = found.filter((problem) => problem !== undefined);
  if (wrong.length === 0) return;
  throw new LockstepError("FILES_MISSING", `${formatList(wrong, SHOWN, "; ")}.`);
}

/**
 * What of a version's own files and of the shared ones is in the bucket: key → ETag without quotes.
 *
 * @param keys of the version's files: the folders of the shared ones are listed
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
  const stamp = Metadata?.[STAMP_METADATA];
  // The page for what is missing has a status instead: it never moves the cookie.
  const right = stamp === id || (stamp === undefined && Metadata?.[STATUS_METADATA] !== undefined);
  return right ? undefined : `${key} is stamped ${stamp ?? "with no version"}`;
}
