import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { z } from "zod";
import { type BucketOptions, listObjects } from "../aws/objects.ts";
import { entrySchema, type HistoryEntry, type Ledger } from "./ledger.ts";

const PREFIX = "history/";
/** If the ledger has more entries than this, the older half moves to a separate object. */
const HISTORY_MAX = 200;

const page = z.object({ entries: z.array(entrySchema) });

/** Entries that are moved out of the ledger together. */
export interface HistoryPage {
  /** Derived from the entries, so that writing the page twice has no effect. */
  key: string;
  entries: HistoryEntry[];
}

/**
 * Splits off the older half of a history that is too long. Store the page before the ledger: if the process is killed
 * in between, the entries are in both places with the same revisions, and the next writer stores the same page again.
 */
export function splitHistory(ledger: Ledger, max = HISTORY_MAX): { ledger: Ledger; page?: HistoryPage } {
  if (ledger.history.length <= max) return { ledger };
  const count = Math.ceil(max / 2);
  const entries = ledger.history.slice(0, count);
  const [first, last] = [entries[0]!.revision, entries.at(-1)!.revision];
  return {
    ledger: { ...ledger, history: ledger.history.slice(count) },
    page: { key: `${PREFIX}${padded(first)}-${padded(last)}.json`, entries },
  };
}

/** Pads a number so that keys sort like numbers. */
function padded(revision: number): string {
  return String(revision).padStart(12, "0");
}

export async function storeHistoryPage(
  { key, entries }: HistoryPage,
  { s3, bucket }: BucketOptions,
): Promise<void> {
  const Body = `${JSON.stringify({ entries })}\n`;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: "application/json" }));
}

/**
 * Reads the complete history, oldest first: the stored pages and the entries in the ledger.
 *
 * @param options `bucket`: `StateBucket` of the platform
 */
export async function readHistory(ledger: Ledger, options: BucketOptions): Promise<HistoryEntry[]> {
  const { s3, bucket } = options;
  const keys: string[] = [];
  for await (const { Key } of listObjects(PREFIX, options)) keys.push(Key);
  const pages = await Promise.all(
    keys.map(async (Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return page.parse(JSON.parse((await Body?.transformToString()) ?? "")).entries;
    }),
  );
  const all = new Map([...pages.flat(), ...ledger.history].map((entry) => [entry.revision, entry]));
  return [...all.values()].sort((a, b) => a.revision - b.revision);
}
