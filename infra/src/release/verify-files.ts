import { HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { LockstepError } from "../lifecycle/lockstep-error.ts";
import type { WebFile } from "./web-files.ts";

const CONCURRENCY = 16;
const SHOWN = 5;

/**
 * Asks the bucket for every file of a version: is it there, whole, and as browsers and the edge need it?
 *
 * @throws LockstepError FILES_MISSING naming them
 */
export async function verifyFiles(
  files: readonly WebFile[],
  { s3, bucket }: { s3: Pick<S3Client, "send">; bucket: string },
): Promise<void> {
  const limit = pLimit(CONCURRENCY);
  const found = await Promise.all(files.map((file) => limit(() => whatIsWrong(file, s3, bucket))));
  const wrong = found.filter((problem) => problem !== undefined);
  if (wrong.length === 0) return;
  const more = wrong.length > SHOWN ? ` and ${wrong.length - SHOWN} more` : "";
  throw new LockstepError("FILES_MISSING", `${wrong.slice(0, SHOWN).join("; ")}${more}.`);
}

async function whatIsWrong(
  file: WebFile,
  s3: Pick<S3Client, "send">,
  bucket: string,
): Promise<string | undefined> {
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: file.key }));
    if (head.ContentLength !== file.body.length)
      return `${file.key} has ${head.ContentLength} bytes instead of ${file.body.length}`;
    if (head.CacheControl !== file.cacheControl)
      return `${file.key} has cache-control "${head.CacheControl ?? ""}"`;
    const stamp = head.Metadata?.["lockstep-version"];
    if (stamp !== file.metadata?.["lockstep-version"])
      return `${file.key} is stamped ${stamp ?? "with no version"}`;
    return undefined;
  } catch (error) {
    const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    if (name === "NotFound" || $metadata?.httpStatusCode === 404) return `${file.key} is missing`;
    throw error;
  }
}
