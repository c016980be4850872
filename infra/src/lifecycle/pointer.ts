// Registers SigV4A, with which KeyValueStore writes are signed. It must be loaded before the first call.
import "@aws-sdk/signature-v4a";
import {
  type CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { POINTER_CURRENT, POINTER_STATUS } from "@lockstep/edge/names";
import { LockstepError } from "../base/lockstep-error.ts";
import { type LedgerStore, waitMs } from "./ledger-store.ts";
import { type Pointer, parseStatus, projectPointer, sameStatus } from "./project-pointer.ts";

export interface PointerOptions {
  keyValueStore: Pick<CloudFrontKeyValueStoreClient, "send">;
  store: Pick<LedgerStore, "read">;
  /** `KeyValueStoreArn` of the platform. */
  arn: string;
  /** Default 20. */
  attempts?: number;
  /** Waits so many milliseconds between two tries. */
  sleep: (ms: number) => Promise<unknown>;
  /** 0 to 1, for the jitter of the waits. Default `Math.random`. */
  random?: () => number;
}

/**
 * Makes the pointer say what the ledger says, and returns it.
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
    const changes = difference(wanted, there);
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

/** What the store holds now; keys that are missing are left out. */
export async function readPointer(
  options: Pick<PointerOptions, "keyValueStore" | "arn">,
): Promise<Partial<Pointer>> {
  const [current, status] = await Promise.all([
    readKey(options, POINTER_CURRENT),
    readKey(options, POINTER_STATUS),
  ]);
  return { ...(current !== undefined && { current }), ...(status !== undefined && { status }) };
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

/** Both keys in one update, or none when the store says the same already, from whatever revision. */
function difference(wanted: Pointer, there: Partial<Pointer>) {
  if (wanted.current === there.current && sameStatus(wanted.status, there.status)) return undefined;
  const status = { Key: POINTER_STATUS, Value: wanted.status };
  return wanted.current === undefined
    ? { Puts: [status], ...(there.current !== undefined && { Deletes: [{ Key: POINTER_CURRENT }] }) }
    : { Puts: [{ Key: POINTER_CURRENT, Value: wanted.current }, status] };
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
