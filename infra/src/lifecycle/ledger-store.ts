import { randomUUID } from "node:crypto";
import { setTimeout as sleepMs } from "node:timers/promises";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { splitHistory, storeHistoryPage } from "./history.ts";
import { emptyLedger, KEPT_WRITES, type Ledger, parseLedger, serializeLedger } from "./ledger.ts";
import { LockstepError } from "./lockstep-error.ts";

export const LEDGER_KEY = "ledger.json";

/** Reads and changes the ledger; every change is a compare-and-swap. */
export interface LedgerStore {
  /** The ledger as it is now; the empty one before the first release. */
  read(): Promise<Ledger>;
  /**
   * Changes the ledger by a pure function, which runs again on what others wrote meanwhile.
   *
   * @param change throws to refuse (passed on); returns the same ledger to change nothing
   * @returns the ledger that is stored now
   */
  update(change: (ledger: Ledger) => Ledger): Promise<Ledger>;
}

export interface LedgerStoreOptions {
  s3: Pick<S3Client, "send">;
  /** `StateBucket` of the platform: private and versioned. */
  bucket: string;
  /** How often a write that lost against another is tried again. Default 30: eight writers at once never reach it. */
  attempts?: number;
  /** 0 to 1, for the jitter of the waits. Default `Math.random`. */
  random?: () => number;
  /** Waits so many milliseconds. Default real time. */
  sleep?: (ms: number) => Promise<unknown>;
  /** Names a write. Default a random UUID. */
  writeId?: () => string;
  /** Entries that the ledger itself may hold; default as history.ts says. */
  historyMax?: number;
}

const FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 1500;

/** The ledger in S3, written with `If-None-Match: *` the first time and `If-Match` from then on. */
export function createLedgerStore(options: LedgerStoreOptions): LedgerStore {
  const { attempts = 30, random = Math.random, sleep = sleepMs, writeId = randomUUID } = options;
  return {
    read: async () => (await readObject(options)).ledger,
    async update(change) {
      const id = writeId();
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (attempt > 0) await sleep(waitMs(attempt, random()));
        const { ledger, etag } = await readObject(options);
        // An earlier try of ours was stored, though its answer got lost on the way.
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
        `s3://${options.bucket}/${LEDGER_KEY} changed under each of ${attempts} tries.`,
      );
    },
  };
}

/** Doubling, with jitter over the whole of it: writers that met once should not meet again. */
export function waitMs(attempt: number, random: number): number {
  return Math.round(random * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt));
}

interface StoredLedger {
  ledger: Ledger;
  /** Absent when there is no ledger yet. */
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

/** Whether the write won. A failure after which nobody knows is looked up: our id is in the ledger, or it is not. */
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
      throw error; // the first failure says more than the second
    });
    if (stored.ledger.writes.includes(id)) return true;
    throw error;
  }
}

/** 412: another one was faster. 409: another one is writing right now. */
export function lostRace(error: unknown): boolean {
  const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return (
    name === "PreconditionFailed" ||
    name === "ConditionalRequestConflict" ||
    $metadata?.httpStatusCode === 412 ||
    $metadata?.httpStatusCode === 409
  );
}
