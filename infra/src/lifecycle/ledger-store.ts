import { randomUUID } from "node:crypto";
import { setTimeout as sleepMs } from "node:timers/promises";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { LockstepError } from "../base/lockstep-error.ts";
import { splitHistory, storeHistoryPage } from "./history.ts";
import { emptyLedger, KEPT_WRITES, type Ledger, parseLedger, serializeLedger } from "./ledger.ts";

export const LEDGER_KEY = "ledger.json";

/** Reads and changes the ledger. Every change is a compare-and-swap. */
export interface LedgerStore {
  /** Reads the ledger. Before the first release it is empty. */
  read(): Promise<Ledger>;
  /**
   * Changes the ledger with a pure function. If another process writes first, the function runs again on the new
   * ledger.
   *
   * @param change returns the same ledger to change nothing. Its errors are passed on
   * @returns the stored ledger
   */
  update(change: (ledger: Ledger) => Ledger): Promise<Ledger>;
}

export interface LedgerStoreOptions {
  s3: Pick<S3Client, "send">;
  /** `StateBucket` of the platform: private and versioned. */
  bucket: string;
  /** How often a write is tried if other writers are faster. Default 30, which eight concurrent writers never need. */
  attempts?: number;
  /** 0 to 1, for the jitter of the waits. Default `Math.random`. */
  random?: () => number;
  /** Waits for a number of milliseconds. Default: real time. */
  sleep?: (ms: number) => Promise<unknown>;
  /** Creates the id of a write. Default: a random UUID. */
  writeId?: () => string;
  /** The most history entries that the ledger keeps. Default: see history.ts. */
  historyMax?: number;
}

const FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 1500;

/** Stores the ledger in S3. Creates it with `If-None-Match: *` and changes it with `If-Match`. */
export function createLedgerStore(options: LedgerStoreOptions): LedgerStore {
  const { attempts = 30, random = Math.random, sleep = sleepMs, writeId = randomUUID } = options;
  return {
    read: async () => (await readObject(options)).ledger,
    async update(change) {
      const id = writeId();
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (attempt > 0) await sleep(waitMs(attempt, random()));
        const { ledger, etag } = await readObject(options);
        // An earlier attempt was stored, but its answer was lost.
        if (ledger.writes.includes(id)) return ledger;
        const changed = change(ledger);
        if (changed === ledger) return ledger;
        const { ledger: kept, page } = splitHistory(changed, options.historyMax);
        if (page !== undefined) await storeHistoryPage(page, options);
        const named = { ...kept, writes: [...kept.writes, id].slice(-KEPT_WRITES) };
        if (await writeObject(options, named, etag, id)) return named;
      }
      throw new LockstepError(
        "LEDGER_BUSY",
        `s3://${options.bucket}/${LEDGER_KEY} was changed by other processes during each of ${attempts} attempts.`,
      );
    },
  };
}

/** The wait before an attempt: exponential back-off with full jitter, so that writers do not collide again. */
export function waitMs(attempt: number, random: number): number {
  return Math.round(random * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt));
}

interface StoredLedger {
  ledger: Ledger;
  /** Absent if there is no ledger yet. */
  etag?: string;
}

async function readObject({ s3, bucket }: LedgerStoreOptions): Promise<StoredLedger> {
  try {
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: LEDGER_KEY }));
    const text = (await Body?.transformToString()) ?? "";
    return { ledger: parseLedger(text, `s3://${bucket}/${LEDGER_KEY}`), etag: ETag };
  } catch (error) {
    if ((error as Error).name === "NoSuchKey") return { ledger: emptyLedger() };
    throw error;
  }
}

/**
 * Writes the ledger. After a failure with unknown result, reads the ledger to see whether it contains the id of this
 * write.
 *
 * @returns whether the write was stored; `false` if another writer was faster
 */
async function writeObject(
  options: LedgerStoreOptions,
  ledger: Ledger,
  etag: string | undefined,
  id: string,
): Promise<boolean> {
  const { s3, bucket } = options;
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: LEDGER_KEY,
        Body: serializeLedger(ledger),
        ContentType: "application/json",
        ...(etag === undefined ? { IfNoneMatch: "*" } : { IfMatch: etag }),
      }),
    );
    return true;
  } catch (error) {
    if (lostRace(error)) return false;
    const stored = await readObject(options).catch(() => {
      throw error; // the first failure is more useful than the second
    });
    if (stored.ledger.writes.includes(id)) return true;
    throw error;
  }
}

/** Whether another writer was faster: 412 (it has written) or 409 (it is writing). */
export function lostRace(error: unknown): boolean {
  const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return (
    name === "PreconditionFailed" ||
    name === "ConditionalRequestConflict" ||
    $metadata?.httpStatusCode === 412 ||
    $metadata?.httpStatusCode === 409
  );
}
