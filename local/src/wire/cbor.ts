import { AwsError } from "../aws-error.ts";

/** A tagged item: tag 1 is a time in seconds since the epoch (RFC 8949, 3.4.2). */
const EPOCH_TAG = 1;

/** Decodes one CBOR item (RFC 8949): maps as objects, tag 1 as `Date`, byte strings as `Uint8Array`. */
export function decodeCbor(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {};
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  try {
    return readItem(reader);
  } catch (error) {
    throw new AwsError("SerializationException", `The body is not CBOR: ${(error as Error).message}`);
  }
}

/** Encodes a value; members that are `undefined` are left out, whole numbers are integers. */
export function encodeCbor(value: unknown): Buffer {
  const parts: Buffer[] = [];
  writeItem(value, parts);
  return Buffer.concat(parts);
}

interface Reader {
  view: DataView;
  at: number;
}

const BREAK = Symbol("break");

function readItem(reader: Reader): unknown {
  const first = reader.view.getUint8(reader.at++);
  const major = first >> 5;
  const info = first & 31;
  if (major === 7) return readSimple(reader, info);
  const indefinite = info === 31;
  const argument = indefinite ? Number.POSITIVE_INFINITY : readArgument(reader, info);
  switch (major) {
    case 0:
      return argument;
    case 1:
      return -1 - argument;
    case 2:
      return indefinite ? Buffer.concat(readUntilBreak(reader) as Buffer[]) : readBytes(reader, argument);
    case 3:
      return indefinite ? readUntilBreak(reader).join("") : readBytes(reader, argument).toString("utf8");
    case 4:
      return indefinite ? readUntilBreak(reader) : Array.from({ length: argument }, () => readItem(reader));
    case 5:
      return readMap(reader, argument);
    default:
      return readTagged(reader, argument);
  }
}

function readTagged(reader: Reader, tag: number): unknown {
  const item = readItem(reader);
  return tag === EPOCH_TAG ? new Date(Math.round((item as number) * 1000)) : item;
}

function readMap(reader: Reader, size: number): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (let i = 0; i < size; i++) {
    const key = readItem(reader);
    if (key === BREAK) break;
    map[String(key)] = readItem(reader);
  }
  return map;
}

function readUntilBreak(reader: Reader): unknown[] {
  const items: unknown[] = [];
  for (;;) {
    const item = readItem(reader);
    if (item === BREAK) return items;
    items.push(item);
  }
}

function readArgument(reader: Reader, info: number): number {
  const { view } = reader;
  const at = reader.at;
  if (info < 24) return info;
  const size = 2 ** (info - 24);
  reader.at += size;
  if (info === 24) return view.getUint8(at);
  if (info === 25) return view.getUint16(at);
  if (info === 26) return view.getUint32(at);
  if (info === 27) return Number(view.getBigUint64(at));
  throw new TypeError(`additional information ${info} is reserved`);
}

function readBytes(reader: Reader, length: number): Buffer {
  if (reader.at + length > reader.view.byteLength) throw new RangeError("a string ends past the body");
  const bytes = Buffer.from(reader.view.buffer, reader.view.byteOffset + reader.at, length);
  reader.at += length;
  return bytes;
}

function readSimple(reader: Reader, info: number): unknown {
  const { view } = reader;
  const at = reader.at;
  if (info === 20) return false;
  if (info === 21) return true;
  if (info === 22) return null;
  if (info === 23) return undefined;
  if (info === 31) return BREAK;
  if (info < 25 || info > 27) throw new TypeError(`simple value ${info} is not known`);
  reader.at += 2 ** (info - 24);
  if (info === 25) return halfFloat(view.getUint16(at));
  return info === 26 ? view.getFloat32(at) : view.getFloat64(at);
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function writeItem(value: unknown, parts: Buffer[]): void {
  if (value === undefined || value === null) parts.push(Buffer.of(0xf6));
  else if (typeof value === "boolean") parts.push(Buffer.of(value ? 0xf5 : 0xf4));
  else if (typeof value === "number") writeNumber(value, parts);
  else if (typeof value === "string") {
    const bytes = Buffer.from(value, "utf8");
    parts.push(head(3, bytes.length), bytes);
  } else if (value instanceof Date) {
    parts.push(head(6, EPOCH_TAG));
    writeNumber(value.getTime() / 1000, parts);
  } else if (value instanceof Uint8Array) parts.push(head(2, value.length), Buffer.from(value));
  else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value) writeItem(item, parts);
  } else {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    parts.push(head(5, entries.length));
    for (const [key, item] of entries) {
      writeItem(key, parts);
      writeItem(item, parts);
    }
  }
}

function writeNumber(value: number, parts: Buffer[]): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    parts.push(value < 0 ? head(1, -1 - value) : head(0, value));
    return;
  }
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  parts.push(bytes);
}

function head(major: number, argument: number): Buffer {
  const first = major << 5;
  if (argument < 24) return Buffer.of(first | argument);
  if (argument < 2 ** 8) return Buffer.of(first | 24, argument);
  if (argument < 2 ** 16) return Buffer.of(first | 25, argument >> 8, argument & 255);
  const bytes = Buffer.alloc(argument < 2 ** 32 ? 5 : 9);
  bytes[0] = first | (bytes.length === 5 ? 26 : 27);
  if (bytes.length === 5) bytes.writeUInt32BE(argument, 1);
  else bytes.writeBigUInt64BE(BigInt(argument), 1);
  return bytes;
}
