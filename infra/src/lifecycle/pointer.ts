// Registers SigV4A, with which KeyValueStore writes are signed. It must be loaded before the first call.
import "@aws-sdk/signature-v4a";
import {
  type CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { POINTER_CURRENT, POINTER_FLOOR } from "@lockstep/edge/names";
import type { Ledger } from "./ledger.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { LockstepError } from "./lockstep-error.ts";

/** What the CloudFront Function reads. */
export interface Pointer {
  current?: string;
  floor?: string;
}

export interface PointerOptions {
  keyValueStore: Pick<CloudFrontKeyValueStoreClient, "send">;
  store: Pick<LedgerStore, "read">;
  /** `KeyValueStoreArn` of the platform. */
  arn: string;
  /** Default 20. */
  attempts?: number;
}

function projectPointer({ current, floor }: Ledger): Pointer {
  return { ...(current !== undefined && { current }), ...(floor !== undefined && { floor }) };
}

/**
 * Makes the pointer say what the ledger says, and returns it.
 *
 * The order is what makes it safe: first the store's ETag, then the ledger, then the write with that ETag. Whoever wrote
 * in between had a ledger at least as new as ours, and makes our write fail; so an old pointer never replaces a new one.
 */
export async function writePointer(options: PointerOptions): Promise<Pointer> {
  const { keyValueStore, store, arn, attempts = 20 } = options;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { ETag } = await keyValueStore.send(new DescribeKeyValueStoreCommand({ KvsARN: arn }));
    const [wanted, there] = await Promise.all([store.read().then(projectPointer), readPointer(options)]);
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

async function readPointer(options: Pick<PointerOptions, "keyValueStore" | "arn">): Promise<Pointer> {
  const [current, floor] = await Promise.all([
    readKey(options, POINTER_CURRENT),
    readKey(options, POINTER_FLOOR),
  ]);
  return { ...(current !== undefined && { current }), ...(floor !== undefined && { floor }) };
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

function difference(wanted: Pointer, there: Pointer) {
  const puts: { Key: string; Value: string }[] = [];
  const deletes: { Key: string }[] = [];
  for (const [field, key] of [
    ["current", POINTER_CURRENT],
    ["floor", POINTER_FLOOR],
  ] as const) {
    const value = wanted[field];
    if (value === there[field]) continue;
    if (value === undefined) deletes.push({ Key: key });
    else puts.push({ Key: key, Value: value });
  }
  if (puts.length + deletes.length === 0) return undefined;
  return { ...(puts.length > 0 && { Puts: puts }), ...(deletes.length > 0 && { Deletes: deletes }) };
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
