import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { BucketOptions } from "../aws/objects.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import { type Ledger, parseLedger, serializeLedger } from "../lifecycle/ledger.ts";
import { LEDGER_KEY, lostRace } from "../lifecycle/ledger-store.ts";

/** An earlier, valid version of a ledger that cannot be used. */
export interface LedgerBackup {
  ledger: Ledger;
  versionId: string;
  storedAt: Date | undefined;
  /** ETag of the unusable ledger; absent if it was deleted. */
  replaces?: string;
}

/**
 * Finds the newest valid version of the ledger in the bucket; `undefined` if there is none.
 *
 * @param minRevision the revision of map and pointer. An older ledger would list resources that were deleted since
 */
export async function findLedgerBackup(
  options: BucketOptions,
  minRevision = 0,
): Promise<LedgerBackup | undefined> {
  const { s3, bucket } = options;
  let replaces: string | undefined;
  let keyMarker: string | undefined;
  let versionMarker: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectVersionsCommand({
        Bucket: bucket,
        Prefix: LEDGER_KEY,
        KeyMarker: keyMarker,
        VersionIdMarker: versionMarker,
      }),
    );
    for (const { Key, VersionId, LastModified, IsLatest, ETag } of page.Versions ?? []) {
      if (Key !== LEDGER_KEY || VersionId === undefined) continue;
      if (IsLatest) replaces = ETag;
      const ledger = await readVersion(VersionId, options);
      if (ledger !== undefined && ledger.revision >= minRevision)
        return { ledger, versionId: VersionId, storedAt: LastModified, replaces };
    }
    keyMarker = page.IsTruncated ? page.NextKeyMarker : undefined;
    versionMarker = page.NextVersionIdMarker;
  } while (keyMarker !== undefined);
  return undefined;
}

async function readVersion(VersionId: string, { s3, bucket }: BucketOptions): Promise<Ledger | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: LEDGER_KEY, VersionId }));
  try {
    return parseLedger((await Body?.transformToString()) ?? "", VersionId);
  } catch {
    return undefined; // also damaged
  }
}

/**
 * Replaces the unusable ledger with a backup. The bucket keeps the unusable one. The new revision is higher than that
 * of map and pointer, so that both are written from it.
 *
 * @param seen the highest revision of map and pointer
 * @throws LockstepError LEDGER_BUSY if another process wrote a ledger in the meantime
 */
export async function restoreLedger(
  { ledger, replaces }: LedgerBackup,
  { seen, actor, now }: { seen: number; actor: string; now: number },
  { s3, bucket }: BucketOptions,
): Promise<Ledger> {
  const revision = Math.max(ledger.revision, seen) + 1;
  const entry = { revision, at: now, actor, event: "restore", reason: `from revision ${ledger.revision}` };
  const restored = { ...ledger, revision, history: [...ledger.history, entry] };
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: LEDGER_KEY,
    Body: serializeLedger(restored),
    ContentType: "application/json",
    ...(replaces === undefined ? { IfNoneMatch: "*" } : { IfMatch: replaces }),
  });
  await s3.send(put).catch((cause: unknown) => {
    if (!lostRace(cause)) throw cause;
    throw new LockstepError("LEDGER_BUSY", "Another process wrote the ledger during the restore.", {
      cause,
    });
  });
  return restored;
}
