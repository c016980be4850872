import { cbor, dateToTag, tagSymbol } from "@smithy/core/cbor";
import { AwsError } from "../aws-error.ts";

/** CBOR tag of a time in seconds since the epoch (RFC 8949, 3.4.2). */
const EPOCH_TAG = 1;

/** Decodes a request body: maps become objects, times `Date`s, byte strings `Uint8Array`s. An empty body is `{}`. */
export function decodeCbor(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {};
  try {
    return fromItem(cbor.deserialize(bytes));
  } catch (error) {
    throw new AwsError("SerializationException", `The body is not CBOR: ${(error as Error).message}`);
  }
}

/** Encodes a value and leaves out members that are `undefined`. */
export function encodeCbor(value: unknown): Uint8Array {
  return cbor.serialize(toItem(value));
}

function fromItem(item: unknown): unknown {
  if (typeof item === "bigint") return Number(item);
  if (typeof item !== "object" || item === null || item instanceof Uint8Array) return item;
  if (Array.isArray(item)) return item.map(fromItem);
  if (isTime(item)) return new Date(Math.round(item.value * 1000));
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, fromItem(value)]));
}

/** The codec returns a tagged item as `{tag, value}` with a symbol. A map with these two keys has no symbol. */
function isTime(item: object): item is { tag: number; value: number } {
  return tagSymbol in item && (item as { tag?: unknown }).tag === EPOCH_TAG;
}

function toItem(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) return dateToTag(value);
  if (Array.isArray(value)) return value.map(toItem);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, toItem(member)]));
}
