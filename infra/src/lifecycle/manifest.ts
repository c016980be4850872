import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { z } from "zod";
import { type BucketOptions, listObjects } from "../aws/objects.ts";

/**
 * The files of a version: key in the web bucket → MD5 of the object in hex, or `ANY_CONTENT` if only the name is
 * compared.
 */
export type Manifest = ReadonlyMap<string, string>;
export const ANY_CONTENT = "";

/**
 * Stores one object per version, `manifests/<id>.json` in the state bucket. A manifest is written before its version
 * enters the ledger and never changes. It is separate so that the ledger stays small however many files a build has.
 */
export interface ManifestStore {
  /** Returns `undefined` if there is no manifest. Throws on every other failure: unknown is not empty. */
  read(id: string): Promise<Manifest | undefined>;
  write(id: string, files: Manifest): Promise<void>;
  remove(id: string): Promise<void>;
  /** Ids that have a manifest. */
  list(): Promise<string[]>;
}

/** Start of the object keys in the state bucket. */
export const MANIFEST_PREFIX = "manifests/";
const manifest = z.object({ files: z.record(z.string(), z.string()) });

/** @param options `bucket`: `StateBucket` of the platform */
export function createManifestStore(options: BucketOptions): ManifestStore {
  const { s3, bucket } = options;
  const at = (id: string) => ({ Bucket: bucket, Key: `${MANIFEST_PREFIX}${id}.json` });
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
      for await (const { Key } of listObjects(MANIFEST_PREFIX, options))
        ids.push(Key.slice(MANIFEST_PREFIX.length, -5));
      return ids;
    },
  };
}
