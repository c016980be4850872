import { AwsError } from "../../aws-error.ts";
import type { Cloud } from "../../cloud.ts";
import { newId } from "../cloudfront-id.ts";

/** Quotas of a KeyValueStore (CloudFront quotas page), not adjustable. A write that exceeds one changes nothing. */
const KEY_MAX_BYTES = 512;
const VALUE_MAX_BYTES = 1024;
const STORE_MAX_BYTES = 5 * 1024 * 1024;
const UPDATE_MAX_KEYS = 50;
const UPDATE_MAX_BYTES = 3 * 1024 * 1024;

const clouds = new WeakMap<Cloud, Map<string, KeyValueData>>();

/** Returns a cloud's stores by ARN. One service creates them, another writes their keys, and the edges read them. */
export function keyValueData(cloud: Cloud): Map<string, KeyValueData> {
  let stores = clouds.get(cloud);
  if (stores === undefined) {
    stores = new Map();
    clouds.set(cloud, stores);
  }
  return stores;
}

export interface KeyValueChange {
  puts: { Key?: string; Value?: string }[];
  deletes: { Key?: string }[];
}

/** The keys of one store. A change is atomic and requires the ETag of the last read. */
export class KeyValueData {
  readonly arn: string;
  readonly created: Date;
  readonly #now: () => number;
  modified: Date;
  etag = newId("KV");
  /** Replaced, never modified, so that a running function keeps what it has read. */
  items: ReadonlyMap<string, string> = new Map();
  totalBytes = 0;

  constructor(arn: string, now: () => number) {
    this.arn = arn;
    this.#now = now;
    this.created = this.modified = new Date(now());
  }

  /**
   * Applies a change. Throws `ConflictException` (409), `ValidationException` (400), `ResourceNotFoundException` (404)
   * or `ServiceQuotaExceededException` (402).
   */
  change(ifMatch: string | undefined, { puts, deletes }: KeyValueChange): void {
    if (ifMatch === undefined || ifMatch === "")
      throw new AwsError(
        "ValidationException",
        "If-Match is missing: send the ETag of DescribeKeyValueStore.",
      );
    if (ifMatch !== this.etag) {
      throw new AwsError(
        "ConflictException",
        `Resource is not in expected state: the store has changed since ETag ${ifMatch}. Describe it and repeat the change.`,
        409,
      );
    }
    checkSizes(puts, deletes);
    const items = new Map(this.items);
    for (const { Key } of deletes) {
      if (!items.delete(Key!))
        throw new AwsError("ResourceNotFoundException", `Key ${Key} was not found.`, 404);
    }
    for (const { Key, Value } of puts) items.set(Key!, Value!);
    const totalBytes = sizeOf(items);
    if (totalBytes > STORE_MAX_BYTES)
      throw quota(`The store would have ${totalBytes} bytes; at most ${STORE_MAX_BYTES} are allowed.`);
    this.items = items;
    this.totalBytes = totalBytes;
    this.etag = newId("KV");
    this.modified = new Date(this.#now());
  }
}

function checkSizes(puts: KeyValueChange["puts"], deletes: KeyValueChange["deletes"]): void {
  const keys = puts.length + deletes.length;
  if (keys === 0) throw new AwsError("ValidationException", "The update has neither puts nor deletes.");
  if (keys > UPDATE_MAX_KEYS)
    throw quota(`The update has ${keys} keys; at most ${UPDATE_MAX_KEYS} are allowed.`);
  const seen = new Set<string>();
  let bytes = 0;
  for (const { Key, Value } of [...puts, ...deletes] as { Key?: string; Value?: string }[]) {
    if (Key === undefined || Key === "") throw new AwsError("ValidationException", "A key may not be empty.");
    if (seen.has(Key))
      throw new AwsError("ValidationException", `The key ${Key} occurs twice in the update.`);
    seen.add(Key);
    const [keyBytes, valueBytes] = [Buffer.byteLength(Key), Buffer.byteLength(Value ?? "")];
    if (keyBytes > KEY_MAX_BYTES)
      throw quota(`A key has ${keyBytes} bytes; at most ${KEY_MAX_BYTES} are allowed.`);
    if (valueBytes > VALUE_MAX_BYTES)
      throw quota(`The value of ${Key} has ${valueBytes} bytes; at most ${VALUE_MAX_BYTES} are allowed.`);
    bytes += keyBytes + valueBytes;
  }
  if (bytes > UPDATE_MAX_BYTES)
    throw quota(`The update has ${bytes} bytes; at most ${UPDATE_MAX_BYTES} are allowed.`);
}

function sizeOf(items: ReadonlyMap<string, string>): number {
  let bytes = 0;
  for (const [key, value] of items) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return bytes;
}

function quota(message: string): AwsError {
  return new AwsError("ServiceQuotaExceededException", message, 402);
}
