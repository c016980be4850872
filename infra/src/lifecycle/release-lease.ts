import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { isVersionId } from "@lockstep/edge/version-id";
import { z } from "zod";
import { listObjects } from "../aws/objects.ts";

/**
 * A release says that it lives by an object `leases/<id>.json`, written again every minute and removed at its end. By it
 * a killed release is told from one that runs: nobody needs to guess from its age. It is no lock: who is wrong about it
 * is stopped by the ledger, which refuses the next step of a release that was ended.
 */
export interface LeaseStore {
  /** Takes the id; `false` when another release has it. */
  take(id: string): Promise<boolean>;
  renew(id: string): Promise<void>;
  end(id: string): Promise<void>;
  /** Every lease that is there, and whether its release lives. */
  list(): Promise<Map<string, "running" | "died">>;
}

export const LEASE_RENEWAL_SECONDS = 60;
/** More than twice the 5 minutes by which two clocks may differ before AWS refuses signatures. */
export const LEASE_SECONDS = 11 * 60;

export interface LeaseStoreOptions {
  s3: Pick<S3Client, "send">;
  /** `StateBucket` of the platform. */
  bucket: string;
  /** This machine and process: a release that was killed here is known to be dead at once. */
  host: string;
  pid: number;
  /** Whether a process of this machine lives. Default asks the operating system. */
  isAlive?: (pid: number) => boolean;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
}

const PREFIX = "leases/";
const lease = z.object({ host: z.string(), pid: z.number() });

export function createLeaseStore(options: LeaseStoreOptions): LeaseStore {
  const { s3, bucket, host, pid } = options;
  const at = (id: string) => ({ Bucket: bucket, Key: `${PREFIX}${id}.json` });
  const put = (id: string) => ({
    ...at(id),
    Body: JSON.stringify({ host, pid }),
    ContentType: "application/json",
  });
  return {
    async take(id) {
      try {
        await s3.send(new PutObjectCommand({ ...put(id), IfNoneMatch: "*" }));
        return true;
      } catch (error) {
        const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
        if (status === 412 || status === 409) return false;
        throw error;
      }
    },
    async renew(id) {
      await s3.send(new PutObjectCommand(put(id)));
    },
    async end(id) {
      await s3.send(new DeleteObjectCommand(at(id)));
    },
    list: () => listLeases(options),
  };
}

async function listLeases(options: LeaseStoreOptions): Promise<Map<string, "running" | "died">> {
  const { s3, bucket } = options;
  const leases = new Map<string, "running" | "died">();
  for await (const { Key, LastModified } of listObjects(PREFIX, { s3, bucket })) {
    const id = Key.slice(PREFIX.length, -".json".length);
    if (isVersionId(id)) leases.set(id, await judge(options, Key, LastModified?.getTime() ?? 0));
  }
  return leases;
}

async function judge(
  { s3, bucket, host, isAlive = processLives, now = Date.now }: LeaseStoreOptions,
  key: string,
  renewedAt: number,
): Promise<"running" | "died"> {
  if (now() - renewedAt > LEASE_SECONDS * 1000) return "died";
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const holder = lease.parse(JSON.parse((await Body?.transformToString()) ?? ""));
    return holder.host === host && !isAlive(holder.pid) ? "died" : "running";
  } catch (error) {
    if ((error as Error).name === "NoSuchKey") return "running"; // it ended just now: the next look sees the ledger
    throw error;
  }
}

function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it lives, and belongs to somebody else
  }
}
