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
import { type LedgerStore, waitMs } from "./ledger-store.ts";
import { LockstepError } from "./lockstep-error.ts";
import type { ManifestStore } from "./manifest.ts";
import { type Pointer, parseStatus, projectPointer, sameStatus } from "./project-pointer.ts";
import { NO_TABLE, type ProjectedTable, projectTable } from "./project-table.ts";

export interface PointerOptions {
  keyValueStore: Pick<CloudFrontKeyValueStoreClient, "send">;
  store: Pick<LedgerStore, "read">;
  /** Of the versions: the path table is made from the manifest of current. */
  manifests: Pick<ManifestStore, "read">;
  /** `KeyValueStoreArn` of the platform. */
  arn: string;
  /** Writes the whole path table again, whatever the store has. Default: only when the store's table is not of current. */
  wholeTable?: boolean;
  /** Default 20. */
  attempts?: number;
  /** Waits so many milliseconds between two tries. */
  sleep: (ms: number) => Promise<unknown>;
  /** 0 to 1, for the jitter of the waits. Default `Math.random`. */
  random?: () => number;
}

/**
 * Makes the pointer say what the ledger says, and returns it: `current`, `status` and the path table of current change in one update.
 *
 * The order is what makes it safe: first the store's ETag, then its keys, then the ledger, then the write with that ETag.
 * Whoever wrote in between had a ledger at least as new as ours, and makes our write fail; so an old pointer never replaces
 * a new one, and a pointer that is newer than our ledger means that the ledger went back.
 *
 * @throws LockstepError LEDGER_BEHIND when the pointer comes from a later ledger than the one that is there
 */
export async function writePointer(options: PointerOptions): Promise<Pointer> {
  const { keyValueStore, store, arn, attempts = 20, random = Math.random } = options;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await options.sleep(waitMs(attempt, random()));
    const { ETag } = await keyValueStore.send(new DescribeKeyValueStoreCommand({ KvsARN: arn }));
    const there = await readPointer(options);
    const wanted = projectPointer(await store.read());
    refuseOlderLedger(wanted, there);
    const table = await wantedTable(wanted.current, there, options);
    const changes = await difference({ wanted, there, table }, options);
    if (changes === undefined) return wanted;
    try {
      await keyValueStore.send(new UpdateKeysCommand({ KvsARN: arn, IfMatch: ETag, ...changes }));
      return wanted;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  throw new LockstepError("LEDGER_BUSY", `The pointer changed under each of ${attempts} tries.`);
}

/** The ledger was read after the keys: it is never older, unless somebody restored an old one. */
function refuseOlderLedger(wanted: Pointer, there: Partial<Pointer>): void {
  const [ours, theirs] = [parseStatus(wanted.status)?.r ?? 0, parseStatus(there.status)?.r ?? 0];
  if (theirs > ours)
    throw new LockstepError("LEDGER_BEHIND", `The pointer has revision ${theirs}, the ledger has ${ours}.`);
}

/** What the store holds, as far as one look shows it. */
export interface StoredPointer extends Partial<Pointer> {
  /** Whether `current` says that the build has files at paths without a dot. */
  plainFiles?: boolean;
  /** The path table, or its header. */
  files?: string;
}

/** What the store holds now; keys that are missing are left out. */
export async function readPointer(
  options: Pick<PointerOptions, "keyValueStore" | "arn">,
): Promise<StoredPointer> {
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

/** The path table that the store holds, by key; of a damaged header nothing but the header. */
export async function readStoredTable(
  { files }: StoredPointer,
  options: Pick<PointerOptions, "keyValueStore" | "arn">,
): Promise<Record<string, string>> {
  if (files === undefined) return {};
  const parts = Array.from({ length: readTableHeader(files)?.parts ?? 0 }, (_, part) =>
    pointerFilesPart(part),
  );
  return { [POINTER_FILES]: files, ...Object.fromEntries(await presentKeys(parts, options)) };
}

async function presentKeys(
  keys: readonly string[],
  options: Pick<PointerOptions, "keyValueStore" | "arn">,
): Promise<[string, string][]> {
  const values = await Promise.all(keys.map((key) => readKey(options, key)));
  return keys.flatMap((key, at): [string, string][] => (values[at] === undefined ? [] : [[key, values[at]]]));
}

/** `undefined` when the store's table is of current already: then the manifest is not read. */
async function wantedTable(
  current: string | undefined,
  there: StoredPointer,
  { manifests, wholeTable }: PointerOptions,
): Promise<ProjectedTable | undefined> {
  if (current === undefined) return NO_TABLE;
  const isThere = there.current === current && readTableHeader(there.files)?.id === current;
  if (isThere && wholeTable !== true) return undefined;
  const manifest = await manifests.read(current);
  return manifest === undefined ? NO_TABLE : projectTable(current, manifest);
}

async function readKey(
  { keyValueStore, arn }: Pick<PointerOptions, "keyValueStore" | "arn">,
  key: string,
): Promise<string | undefined> {
  try {
    return (await keyValueStore.send(new GetKeyCommand({ KvsARN: arn, Key: key }))).Value;
  } catch (error) {
    if ((error as Error).name === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

interface Change {
  wanted: Pointer;
  there: StoredPointer;
  /** `undefined`: it stays as it is. */
  table: ProjectedTable | undefined;
}

/** Everything in one update, or none when the store says the same already, from whatever revision. */
async function difference({ wanted, there, table }: Change, options: PointerOptions) {
  const sameTable = table === undefined || (table === NO_TABLE && there.files === undefined);
  const sameCurrent =
    wanted.current === there.current &&
    (table?.plainFiles ?? there.plainFiles ?? false) === (there.plainFiles ?? false);
  if (sameCurrent && sameTable && !options.wholeTable && sameStatus(wanted.status, there.status))
    return undefined;
  const mark = (table?.plainFiles ?? there.plainFiles) ? PLAIN_FILES_MARK : "";
  const puts = {
    ...(wanted.current !== undefined && { [POINTER_CURRENT]: mark + wanted.current }),
    [POINTER_STATUS]: wanted.status,
    ...table?.keys,
  };
  const stale = sameTable && !options.wholeTable ? [] : await storedTableKeys(there, options);
  if (wanted.current === undefined && there.current !== undefined) stale.push(POINTER_CURRENT);
  const deletes = stale.filter((key) => !Object.hasOwn(puts, key));
  return {
    Puts: Object.entries(puts).map(([Key, Value]) => ({ Key, Value })),
    ...(deletes.length > 0 && { Deletes: deletes.map((Key) => ({ Key })) }),
  };
}

/**
 * The keys of the table that the store holds: those that the new table does not have are deleted with the same update. With a damaged
 * header every part is looked for; a key that is not there must not be deleted.
 */
async function storedTableKeys({ files }: StoredPointer, options: PointerOptions): Promise<string[]> {
  const header = readTableHeader(files);
  const exact = files === undefined || header !== undefined;
  const parts = exact && options.wholeTable !== true ? (header?.parts ?? 0) : TABLE_MAX_PARTS;
  const names = Array.from({ length: parts }, (_, part) => pointerFilesPart(part));
  const present = await presentKeys(names, options);
  return [...(files === undefined ? [] : [POINTER_FILES]), ...present.map(([key]) => key)];
}

/** The service answers a wrong ETag as a conflict or, by its documentation, as a failed validation of If-Match. */
function isConflict(error: unknown): boolean {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return (
    name === "ConflictException" ||
    $metadata?.httpStatusCode === 412 ||
    (name === "ValidationException" && /pre-?condition|if-?match|etag/i.test(message))
  );
}
