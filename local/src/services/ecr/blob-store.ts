import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AwsError } from "../../aws-error.ts";

/** Files named by the digest of their content, `sha256:<hex>`, in one folder for all repositories. */
export interface BlobStore {
  /** Stores the content of a stream. If the digest does not match, nothing is stored. */
  put(content: Readable, expectedDigest: string): Promise<void>;
  /** Returns the file and its size, or `undefined`. */
  find(digest: string): Promise<{ path: string; sizeBytes: number } | undefined>;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

function isDigest(value: string): boolean {
  return DIGEST.test(value);
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export function createBlobStore(folder: string): BlobStore {
  const pathOf = (digest: string) => join(folder, digest.slice("sha256:".length));
  return {
    async put(content, expectedDigest) {
      if (!isDigest(expectedDigest)) throw digestInvalid(`"${expectedDigest}" is not a sha256 digest.`);
      await mkdir(folder, { recursive: true });
      const partial = join(folder, `upload-${randomUUID()}`);
      const hash = createHash("sha256");
      try {
        await pipeline(content, (source) => hashing(source, hash), createWriteStream(partial));
        const digest = `sha256:${hash.digest("hex")}`;
        if (digest !== expectedDigest)
          throw digestInvalid(`The content's digest is ${digest}, not ${expectedDigest}.`);
        await rename(partial, pathOf(digest));
      } finally {
        await rm(partial, { force: true });
      }
    },
    async find(digest) {
      if (!isDigest(digest)) return undefined;
      const path = pathOf(digest);
      const sizeBytes = await stat(path).then(({ size }) => size, missing);
      return sizeBytes === undefined ? undefined : { path, sizeBytes };
    },
  };
}

async function* hashing(source: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}

function digestInvalid(message: string): AwsError {
  return new AwsError("DIGEST_INVALID", message);
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
