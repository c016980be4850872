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
 * A release says that it lives by an object `leases/<id>.json`, written again every minute and removed at its end. By it
 * a killed release is told from one that runs: nobody needs to guess from its age. Each holding has a token of its own, so
 * that a laptop which wakes up sees that somebody else goes on with its release. It is no lock: who is wrong about it is
 * stopped by the ledger, which refuses the next step of a release that was ended.
 */
export interface LeaseStore {
  /** Takes an id that nobody has; `undefined` when another release has it. */
  take(id: string): Promise<Lease | undefined>;
  /** Takes the lease of a release that died; `undefined` when it lives, or somebody else was faster. */
  takeOver(id: string): Promise<Lease | undefined>;
  /** Removes the lease of a release that died. */
  end(id: string): Promise<void>;
  /** Every lease that is there, and whether its release lives. */
  list(): Promise<Map<string, "running" | "died">>;
  /** Who holds an id, and when they renewed it last; `undefined` when nobody does. */
  read(id: string): Promise<{ host: string; renewedAt: number } | undefined>;
}

/** A lease that is held. */
export interface Lease {
  /** Says again that the release lives. `taken`: somebody else has it; `gone`: somebody ended it. */
  renew(): Promise<"ours" | "taken" | "gone">;
  /** Removes it, if it is still ours. */
  end(): Promise<void>;
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
  /** Names a holding. Default a random UUID. */
  token?: () => string;
}

const PREFIX = "leases/";
const holding = z.object({ host: z.string(), pid: z.number() });

export function createLeaseStore(options: LeaseStoreOptions): LeaseStore {
  const { s3, bucket } = options;
  return {
    take: (id) => write(id, { IfNoneMatch: "*" }, options),
    async takeOver(id) {
      const { Contents: [there] = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: keyOf(id) }),
      );
      if (there?.ETag === undefined) return undefined;
      const renewedAt = there.LastModified?.getTime() ?? 0;
      if ((await judge(options, keyOf(id), renewedAt)) === "running") return undefined;
      return write(id, { IfMatch: there.ETag }, options);
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
  return `${PREFIX}${id}.json`;
}

/** Writes a holding with a token of its own. Its content never changes, so its ETag is its name. */
async function write(
  id: string,
  condition: { IfNoneMatch: "*" } | { IfMatch: string },
  { s3, bucket, host, pid, token = randomUUID }: LeaseStoreOptions,
): Promise<Lease | undefined> {
  const at = { Bucket: bucket, Key: keyOf(id) };
  const object = {
    ...at,
    Body: JSON.stringify({ host, pid, token: token() }),
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

/** What S3 says to a condition that does not hold: another object is there (412, or 409 while it is being written), or none. */
function refusalOf(error: unknown): "taken" | "gone" | undefined {
  const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  if (lostRace(error)) return "taken";
  return name === "NoSuchKey" || $metadata?.httpStatusCode === 404 ? "gone" : undefined;
}

/** What a lease says; `undefined` when it is damaged: then only its age tells. */
async function parse(body: { transformToString(): Promise<string> } | undefined) {
  try {
    return holding.parse(JSON.parse((await body?.transformToString()) ?? ""));
  } catch {
    return undefined;
  }
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
    const holder = await parse(Body);
    return holder?.host === host && !isAlive(holder.pid) ? "died" : "running";
  } catch (error) {
    if ((error as Error).name === "NoSuchKey") return "running"; // it ended just now: the next look sees the ledger
    throw error;
  }
}

function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it lives, and belongs to somebody else
  }
}

/** A process that was killed and that nobody has taken note of yet still has its number. Linux tells; elsewhere it is soon gone. */
function isZombie(pid: number): boolean {
  try {
    // 4711 (node) Z …: the name may hold anything, also brackets.
    return /\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
