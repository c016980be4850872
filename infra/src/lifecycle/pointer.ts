// Registers SigV4A, with which KeyValueStore writes are signed. It must be loaded before the first call.
import "@aws-sdk/signature-v4a";
import {
  type CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { readTableHeader, TABLE_MAX_PARTS } from "@lockstep/edge/encode-path-table";
import {
  PLAIN_FILES_MARK,
  POINTER_CURRENT,
  POINTER_FILES,
  POINTER_STATUS,
  pointerFilesPart,
} from "@lockstep/edge/names";
import { LockstepError } from "../base/lockstep-error.ts";
import { type LedgerStore, waitMs } from "./ledger-store.ts";
import type { ManifestStore } from "./manifest.ts";
import { type Pointer, parseStatus, projectPointer, sameStatus } from "./project-pointer.ts";
import { NO_TABLE, type ProjectedTable, projectTable } from "./project-table.ts";

export interface PointerOptions {
  keyValueStore: Pick<CloudFrontKeyValueStoreClient, "send">;
  store: Pick<LedgerStore, "read">;
  /** The path table is projected from the manifest of current. */
  manifests: Pick<ManifestStore, "read">;
  /** `KeyValueStoreArn` of the platform. */
  arn: string;
  /** Writes the whole path table again. Default: writes it only if the stored table is not that of current. */
  wholeTable?: boolean;
  /** How often a write is tried if other writers are faster. Default 20. */
  attempts?: number;
  /** Waits for a number of milliseconds. */
  sleep: (ms: number) => Promise<unknown>;
  /** 0 to 1, for the jitter of the waits. Default `Math.random`. */
  random?: () => number;
}

type StoreOptions = Pick<PointerOptions, "keyValueStore" | "arn">;

/**
 * Writes the pointer of the ledger, and returns it. One update changes `current`, `status` and the path table of
 * current.
 *
 * Reads the store's ETag, then its keys, then the ledger, and writes with that ETag. If another process wrote in
 * between, this write fails, so an old pointer never replaces a new one. A pointer that is newer than the ledger means
 * that an old ledger was restored.
 *
 * @throws LockstepError LEDGER_BEHIND if the stored pointer has a higher revision than the ledger
 */
export async function writePointer(options: PointerOptions): Promise<Pointer> {
  const { keyValueStore, store, arn, attempts = 20, random = Math.random } = options;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await options.sleep(waitMs(attempt, random()));
    const { ETag } = await keyValueStore.send(new DescribeKeyValueStoreCommand({ KvsARN: arn }));
    const stored = await readPointer(options);
    const wanted = projectPointer(await store.read());
    refuseOlderLedger(wanted, stored);
    const table = await wantedTable(wanted.current, stored, options);
    const changes = await difference({ wanted, stored, table }, options);
    if (changes === undefined) return wanted;
    try {
      await keyValueStore.send(new UpdateKeysCommand({ KvsARN: arn, IfMatch: ETag, ...changes }));
      return wanted;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  throw new LockstepError(
    "LEDGER_BUSY",
    `The pointer was changed by other processes during each of ${attempts} attempts.`,
  );
}

/** The ledger was read after the keys, so it can only be older if an old ledger was restored. */
function refuseOlderLedger(wanted: Pointer, stored: Partial<Pointer>): void {
  const [ledger, pointer] = [parseStatus(wanted.status)?.r ?? 0, parseStatus(stored.status)?.r ?? 0];
  if (pointer > ledger)
    throw new LockstepError(
      "LEDGER_BEHIND",
      `The pointer has revision ${pointer}, the ledger has ${ledger}.`,
    );
}

/** The content of the store, without the further parts of the path table. */
export interface StoredPointer extends Partial<Pointer> {
  /** Whether `current` has the mark of a build that has files at paths without a dot. */
  plainFiles?: boolean;
  /** The path table, or its header. */
  files?: string;
}

/** Reads the pointer from the store. */
export async function readPointer(options: StoreOptions): Promise<StoredPointer> {
  const [value, status, files] = await Promise.all([
    readKey(options, POINTER_CURRENT),
    readKey(options, POINTER_STATUS),
    readKey(options, POINTER_FILES),
  ]);
  const plainFiles = value?.startsWith(PLAIN_FILES_MARK) ?? false;
  const current = plainFiles ? value?.slice(PLAIN_FILES_MARK.length) : value;
  return {
    ...(current !== undefined && { current }),
    ...(plainFiles && { plainFiles }),
    ...(status !== undefined && { status }),
    ...(files !== undefined && { files }),
  };
}

/** Reads the path table from the store, by key. If its header is damaged, returns only the header. */
export async function readStoredTable(
  { files }: StoredPointer,
  options: StoreOptions,
): Promise<Record<string, string>> {
  if (files === undefined) return {};
  const parts = Array.from({ length: readTableHeader(files)?.parts ?? 0 }, (_, part) =>
    pointerFilesPart(part),
  );
  return { [POINTER_FILES]: files, ...Object.fromEntries(await presentKeys(parts, options)) };
}

async function presentKeys(keys: readonly string[], options: StoreOptions): Promise<[string, string][]> {
  const values = await Promise.all(keys.map((key) => readKey(options, key)));
  return keys.flatMap((key, at): [string, string][] => (values[at] === undefined ? [] : [[key, values[at]]]));
}

/** The path table to write; `undefined` without reading the manifest if the stored table is that of current. */
async function wantedTable(
  current: string | undefined,
  stored: StoredPointer,
  { manifests, wholeTable }: PointerOptions,
): Promise<ProjectedTable | undefined> {
  if (current === undefined) return NO_TABLE;
  const isStored = stored.current === current && readTableHeader(stored.files)?.id === current;
  if (isStored && wholeTable !== true) return undefined;
  const manifest = await manifests.read(current);
  return manifest === undefined ? NO_TABLE : projectTable(current, manifest);
}

async function readKey({ keyValueStore, arn }: StoreOptions, key: string): Promise<string | undefined> {
  try {
    return (await keyValueStore.send(new GetKeyCommand({ KvsARN: arn, Key: key }))).Value;
  } catch (error) {
    if ((error as Error).name === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

interface Change {
  wanted: Pointer;
  stored: StoredPointer;
  /** `undefined`: it is not changed. */
  table: ProjectedTable | undefined;
}

/** The update that writes everything; `undefined` if the store already has the same content, whatever its revision. */
async function difference({ wanted, stored, table }: Change, options: PointerOptions) {
  const sameTable = table === undefined || (table === NO_TABLE && stored.files === undefined);
  const sameCurrent =
    wanted.current === stored.current &&
    (table?.plainFiles ?? stored.plainFiles ?? false) === (stored.plainFiles ?? false);
  if (sameCurrent && sameTable && !options.wholeTable && sameStatus(wanted.status, stored.status))
    return undefined;
  const mark = (table?.plainFiles ?? stored.plainFiles) ? PLAIN_FILES_MARK : "";
  const puts = {
    ...(wanted.current !== undefined && { [POINTER_CURRENT]: mark + wanted.current }),
    [POINTER_STATUS]: wanted.status,
    ...table?.keys,
  };
  const stale = sameTable && !options.wholeTable ? [] : await storedTableKeys(stored, options);
  if (wanted.current === undefined && stored.current !== undefined) stale.push(POINTER_CURRENT);
  const deletes = stale.filter((key) => !Object.hasOwn(puts, key));
  return {
    Puts: Object.entries(puts).map(([Key, Value]) => ({ Key, Value })),
    ...(deletes.length > 0 && { Deletes: deletes.map((Key) => ({ Key })) }),
  };
}

/**
 * The keys of the stored path table. The update deletes those that the new table does not have. If the header is
 * damaged, every possible part is read, because an update must not delete a key that does not exist.
 */
async function storedTableKeys({ files }: StoredPointer, options: PointerOptions): Promise<string[]> {
  const header = readTableHeader(files);
  const exact = files === undefined || header !== undefined;
  const parts = exact && options.wholeTable !== true ? (header?.parts ?? 0) : TABLE_MAX_PARTS;
  const names = Array.from({ length: parts }, (_, part) => pointerFilesPart(part));
  const present = await presentKeys(names, options);
  return [...(files === undefined ? [] : [POINTER_FILES]), ...present.map(([key]) => key)];
}

/** A wrong ETag is reported as a conflict or, according to the documentation, as a failed validation of If-Match. */
function isConflict(error: unknown): boolean {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return (
    name === "ConflictException" ||
    $metadata?.httpStatusCode === 412 ||
    (name === "ValidationException" && /pre-?condition|if-?match|etag/i.test(message))
  );
}
