import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { z } from "zod";
import { type BucketOptions, listObjects } from "../aws/objects.ts";
import { entrySchema, type HistoryEntry, type Ledger } from "./ledger.ts";

const PREFIX = "history/";
/** When the ledger holds more entries than this, the older half moves to an object of its own. */
const HISTORY_MAX = 200;

const page = z.object({ entries: z.array(entrySchema) });

/** Entries that leave the ledger together. */
export interface HistoryPage {
  /** Names the page by its entries, so that writing it twice is writing it once. */
  key: string;
  entries: HistoryEntry[];
}

/**
 * Takes the older half out of a history that has grown too long. The page must be stored before the ledger: killed in
 * between, its entries stand in both places under one revision each, and the next writer stores the same page again.
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

/** Sorts as the numbers do. */
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
 * Everything that ever happened, oldest first: the pages and what the ledger holds.
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
