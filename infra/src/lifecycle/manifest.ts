import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { z } from "zod";
import { type BucketOptions, listObjects } from "../aws/objects.ts";

/** A version's files: key in the web bucket → MD5 of what stands there, in hex; `ANY_CONTENT` where only the name counts. */
export type Manifest = ReadonlyMap<string, string>;
export const ANY_CONTENT = "";

/**
 * One object per version (`manifests/<id>.json` in the state bucket). It is written before the ledger knows the version and
 * never changes; the ledger stays small, whatever a build has.
 */
export interface ManifestStore {
  /** `undefined` when there is no manifest. Anything else that goes wrong throws: unknown is not empty. */
  read(id: string): Promise<Manifest | undefined>;
  write(id: string, files: Manifest): Promise<void>;
  remove(id: string): Promise<void>;
  /** Ids that have a manifest. */
  list(): Promise<string[]>;
}

const PREFIX = "manifests/";
const manifest = z.object({ files: z.record(z.string(), z.string()) });

/** @param options `bucket`: `StateBucket` of the platform */
export function createManifestStore(options: BucketOptions): ManifestStore {
  const { s3, bucket } = options;
  const at = (id: string) => ({ Bucket: bucket, Key: `${PREFIX}${id}.json` });
  return {
    async read(id) {
      try {
        const { Body } = await s3.send(new GetObjectCommand(at(id)));
        const { files } = manifest.parse(JSON.parse((await Body?.transformToString()) ?? ""));
        return new Map(Object.entries(files));
      } catch (error) {
        if ((error as Error).name === "NoSuchKey") return undefined;
        throw error;
      }
    },
    async write(id, files) {
      const Body = JSON.stringify({ files: Object.fromEntries(files) });
      await s3.send(new PutObjectCommand({ ...at(id), Body, ContentType: "application/json" }));
    },
    async remove(id) {
      await s3.send(new DeleteObjectCommand(at(id)));
    },
    async list() {
      const ids: string[] = [];
      for await (const { Key } of listObjects(PREFIX, options)) ids.push(Key.slice(PREFIX.length, -5));
      return ids;
    },
  };
}
