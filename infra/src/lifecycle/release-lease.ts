import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { isVersionId } from "@lockstep/edge/version-id";
import { z } from "zod";
import { listObjects } from "../aws/objects.ts";
import { lostRace } from "./ledger-store.ts";

/**
 * Leases of releases. A running release writes the object `leases/<id>.json` every minute and removes it at its end, so
 * that other processes can distinguish a killed release from a running one. Each lease has a token. When a sleeping
 * laptop wakes up, the token shows whether another process has resumed its release. A lease is not a lock: the ledger
 * refuses the next step of a release that was ended.
 */
export interface LeaseStore {
  /** Takes the lease of an id; `undefined` if another release has it. */
  take(id: string): Promise<Lease | undefined>;
  /** Takes over the lease of a release that died; `undefined` if it still runs, or another process was faster. */
  takeOver(id: string): Promise<Lease | undefined>;
  /** Removes the lease of a release that died. */
  end(id: string): Promise<void>;
  /** All leases, and whether their releases run. */
  list(): Promise<Map<string, ReleaseStatus>>;
  /** Where the release runs, and when it last renewed its lease; `undefined` if there is no lease. */
  read(id: string): Promise<{ host: string; renewedAt: number } | undefined>;
}

export type ReleaseStatus = "running" | "died";

/** Releases that have a lease, by version id. A release that ended has none. */
export type Releases = ReadonlyMap<string, ReleaseStatus>;

export type LeaseStatus = "ours" | "taken" | "removed";

/** A lease of this process. */
export interface Lease {
  /** Renews the lease. `taken`: another process has taken it over. `removed`: another process removed it. */
  renew(): Promise<LeaseStatus>;
  /** Removes the lease, unless another process has taken it over. */
  end(): Promise<void>;
}

export const LEASE_RENEWAL_SECONDS = 60;
/** A release without a renewal for this long counts as dead. AWS allows clocks to differ by 5 minutes. */
export const LEASE_SECONDS = 11 * 60;

export interface LeaseStoreOptions {
  s3: Pick<S3Client, "send">;
  /** `StateBucket` of the platform. */
  bucket: string;
  /** This machine and process. A release that was killed on this machine is known to be dead at once. */
  host: string;
  pid: number;
  /** Whether a process of this machine is alive. Default: asks the operating system. */
  isAlive?: (pid: number) => boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Start of the object keys in the state bucket. */
export const LEASE_PREFIX = "leases/";
const leaseSchema = z.object({ host: z.string(), pid: z.number() });

export function createLeaseStore(options: LeaseStoreOptions): LeaseStore {
  const { s3, bucket } = options;
  return {
    take: (id) => write(id, { IfNoneMatch: "*" }, options),
    async takeOver(id) {
      const { Contents: [existing] = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: keyOf(id) }),
      );
      if (existing?.ETag === undefined) return undefined;
      const renewedAt = existing.LastModified?.getTime() ?? 0;
      if ((await leaseStatus(options, keyOf(id), renewedAt)) === "running") return undefined;
      return write(id, { IfMatch: existing.ETag }, options);
    },
    async end(id) {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(id) }));
    },
    list: () => listLeases(options),
    async read(id) {
      try {
        const { Body, LastModified } = await s3.send(
          new GetObjectCommand({ Bucket: bucket, Key: keyOf(id) }),
        );
        return { host: (await parse(Body))?.host ?? "unknown", renewedAt: LastModified?.getTime() ?? 0 };
      } catch (error) {
        if ((error as Error).name === "NoSuchKey") return undefined;
        throw error;
      }
    },
  };
}

function keyOf(id: string): string {
  return `${LEASE_PREFIX}${id}.json`;
}

/** Writes a lease with a new token. Its content never changes, so its ETag identifies it. */
async function write(
  id: string,
  condition: { IfNoneMatch: "*" } | { IfMatch: string },
  { s3, bucket, host, pid }: LeaseStoreOptions,
): Promise<Lease | undefined> {
  const at = { Bucket: bucket, Key: keyOf(id) };
  const object = {
    ...at,
    Body: JSON.stringify({ host, pid, token: randomUUID() }),
    ContentType: "application/json",
  };
  let ETag: string | undefined;
  try {
    ({ ETag } = await s3.send(new PutObjectCommand({ ...object, ...condition })));
  } catch (error) {
    if (refusalOf(error) !== undefined) return undefined;
    throw error;
  }
  return {
    async renew() {
      try {
        await s3.send(new PutObjectCommand({ ...object, IfMatch: ETag }));
        return "ours";
      } catch (error) {
        const refused = refusalOf(error);
        if (refused === undefined) throw error;
        return refused;
      }
    },
    async end() {
      await s3.send(new DeleteObjectCommand({ ...at, IfMatch: ETag })).catch((error: unknown) => {
        if (refusalOf(error) === undefined) throw error;
      });
    },
  };
}

/** The meaning of a failed condition: another object exists (412, or 409 while it is being written), or none does. */
function refusalOf(error: unknown): Exclude<LeaseStatus, "ours"> | undefined {
  const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  if (lostRace(error)) return "taken";
  return name === "NoSuchKey" || $metadata?.httpStatusCode === 404 ? "removed" : undefined;
}

/** Parses a lease; `undefined` if it is damaged. Then only its age counts. */
async function parse(body: { transformToString(): Promise<string> } | undefined) {
  try {
    return leaseSchema.parse(JSON.parse((await body?.transformToString()) ?? ""));
  } catch {
    return undefined;
  }
}

async function listLeases(options: LeaseStoreOptions): Promise<Map<string, ReleaseStatus>> {
  const { s3, bucket } = options;
  const leases = new Map<string, ReleaseStatus>();
  for await (const { Key, LastModified } of listObjects(LEASE_PREFIX, { s3, bucket })) {
    const id = Key.slice(LEASE_PREFIX.length, -".json".length);
    if (isVersionId(id)) leases.set(id, await leaseStatus(options, Key, LastModified?.getTime() ?? 0));
  }
  return leases;
}

async function leaseStatus(
  { s3, bucket, host, isAlive = isProcessAlive, now }: LeaseStoreOptions,
  key: string,
  renewedAt: number,
): Promise<ReleaseStatus> {
  if (now() - renewedAt > LEASE_SECONDS * 1000) return "died";
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const holder = await parse(Body);
    return holder?.host === host && !isAlive(holder.pid) ? "died" : "running";
  } catch (error) {
    if ((error as Error).name === "NoSuchKey") return "running"; // it has just ended; the ledger shows how
    throw error;
  }
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it is alive, and belongs to another user
  }
}

/** A killed process keeps its id until its parent has read its exit code. Only Linux shows that. */
function isZombie(pid: number): boolean {
  try {
    // In `4711 (node) Z …`, the name may contain any character, including brackets.
    return /\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
