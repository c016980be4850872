import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";

/**
 * The keys of a version's files, one object per version (`manifests/<id>.json` in the state bucket). It is written before
 * the ledger knows the version and never changes; the ledger stays small, whatever a build has.
 */
export interface ManifestStore {
  /** The keys; `undefined` when there is no manifest. Anything else that goes wrong throws: unknown is not empty. */
  read(id: string): Promise<string[] | undefined>;
  write(id: string, keys: readonly string[]): Promise<void>;
  remove(id: string): Promise<void>;
}

const manifest = z.object({ keys: z.array(z.string()) });

export function createManifestStore(options: {
  s3: Pick<S3Client, "send">;
  /** `StateBucket` of the platform. */
  bucket: string;
}): ManifestStore {
  const { s3, bucket } = options;
  const at = (id: string) => ({ Bucket: bucket, Key: `manifests/${id}.json` });
  return {
    async read(id) {
      try {
        const { Body } = await s3.send(new GetObjectCommand(at(id)));
        return manifest.parse(JSON.parse((await Body?.transformToString()) ?? "")).keys;
      } catch (error) {
        if ((error as Error).name === "NoSuchKey") return undefined;
        throw error;
      }
    },
    async write(id, keys) {
      const Body = JSON.stringify({ keys });
      await s3.send(new PutObjectCommand({ ...at(id), Body, ContentType: "application/json" }));
    },
    async remove(id) {
      await s3.send(new DeleteObjectCommand(at(id)));
    },
  };
}
