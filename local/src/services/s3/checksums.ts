import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { AwsError } from "../../aws-error.ts";

/** Members that contain a checksum's value. */
export const CHECKSUM_NAMES = [
  "ChecksumCRC32",
  "ChecksumCRC32C",
  "ChecksumCRC64NVME",
  "ChecksumSHA1",
  "ChecksumSHA256",
  "ChecksumSHA512",
  "ChecksumMD5",
  "ChecksumXXHASH64",
  "ChecksumXXHASH3",
  "ChecksumXXHASH128",
];

const COMPUTE: Record<string, (body: Uint8Array) => string> = {
  ChecksumCRC32: (body) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString("base64");
  },
  ChecksumMD5: (body) => hash("md5", body),
  ChecksumSHA1: (body) => hash("sha1", body),
  ChecksumSHA256: (body) => hash("sha256", body),
  ChecksumSHA512: (body) => hash("sha512", body),
};

/** Returns the checksums of a write. Refuses a body that does not match them or the Content-MD5. */
export function readChecksums(input: Record<string, any>, body: Uint8Array): Record<string, string> {
  if (input.ContentMD5 !== undefined && input.ContentMD5 !== hash("md5", body))
    throw new AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.");
  const given: Record<string, string> = {};
  for (const name of CHECKSUM_NAMES) {
    const value = input[name];
    if (value === undefined) continue;
    const actual = COMPUTE[name]?.(body);
    if (actual !== undefined && actual !== value) {
      const algorithm = name.slice("Checksum".length);
      throw new AwsError(
        "BadDigest",
        `The ${algorithm} you specified did not match the calculated checksum.`,
      );
    }
    given[name] = value;
  }
  return given;
}

/** Returns the ETag of an object from a single put: its MD5, in quotes. */
export function etagOf(body: Uint8Array): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

function hash(algorithm: string, body: Uint8Array): string {
  return createHash(algorithm).update(body).digest("base64");
}
