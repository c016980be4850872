import { randomBytes, randomUUID } from "node:crypto";
import type { Cloud } from "../../cloud.ts";
import type { Providers } from "./provider.ts";
import type { Store } from "./store.ts";

export interface EngineOptions {
  /** How often a resource that is on its way is asked whether it has arrived, in milliseconds. Default 100. */
  pollMs?: number;
  /** How long one resource may be on its way, in milliseconds. Default 15 minutes (AWS: hours). */
  stabilizeTimeoutMs?: number;
  /** How long a custom resource may take to answer, in milliseconds, where it sets no ServiceTimeout. Default 1 hour, as on AWS. */
  customResourceTimeoutMs?: number;
  /** Items on a page of every listing. Default 100, as on AWS. */
  pageSize?: number;
}

/** What all parts of the engine share. */
export interface Engine {
  cloud: Cloud;
  store: Store;
  providers: Providers;
  pollMs: number;
  stabilizeTimeoutMs: number;
  pageSize: number;
  now(): Date;
  uuid(): string;
  /** The random end of a generated name: 12 characters of A–Z and 0–9, of which the first is a letter. */
  suffix(): string;
}

export function createEngine(
  cloud: Cloud,
  store: Store,
  providers: Providers,
  options: EngineOptions,
): Engine {
  return {
    cloud,
    store,
    providers,
    pollMs: options.pollMs ?? 100,
    stabilizeTimeoutMs: options.stabilizeTimeoutMs ?? 15 * 60_000,
    pageSize: options.pageSize ?? 100,
    now: () => new Date(cloud.now()),
    uuid: randomUUID,
    suffix: () => [...randomBytes(12)].map((byte, index) => symbol(byte, index === 0 ? 26 : 36)).join(""),
  };
}

function symbol(byte: number, of: number): string {
  return "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[byte % of]!;
}
