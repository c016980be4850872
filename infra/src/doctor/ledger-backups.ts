import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { BucketOptions } from "../aws/objects.ts";
import { type Ledger, parseLedger, serializeLedger } from "../lifecycle/ledger.ts";
import { LEDGER_KEY, lostRace } from "../lifecycle/ledger-store.ts";
import { LockstepError } from "../lifecycle/lockstep-error.ts";

/** A ledger that the bucket still has under the one that cannot be used. */
export interface LedgerBackup {
  ledger: Ledger;
  versionId: string;
  storedAt: Date | undefined;
  /** ETag of what stands there now; absent when the ledger was deleted. */
  replaces?: string;
}

/**
 * The newest version of the ledger that can be read; `undefined` when the bucket has none.
 *
 * @param minRevision what map and pointer came from: an older ledger would bring back what has been deleted since
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
    return undefined; // the damaged one, or one before it
  }
}

/**
 * Puts a backup in the place of the ledger that cannot be used; the bucket keeps that one. Its revision goes past every
 * projection's, so that map and pointer are written anew from it.
 *
 * @param seen the highest revision that a map or a pointer has
 * @throws LockstepError LEDGER_BUSY when somebody else wrote a ledger meanwhile
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
    throw new LockstepError("LEDGER_BUSY", "Another ledger was written while this one was restored.", {
      cause,
    });
  });
  return restored;
}
