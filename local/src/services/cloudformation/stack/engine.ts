import { randomBytes, randomUUID } from "node:crypto";
import type { Cloud } from "../../../cloud.ts";
import type { Providers } from "../providers/provider.ts";
import type { Store } from "./store.ts";

export interface EngineOptions {
  /** Milliseconds between two polls of a resource in progress. Default 100. */
  pollMs?: number;
  /** Milliseconds until a resource in progress times out. Default 15 minutes (AWS: hours). */
  stabilizeTimeoutMs?: number;
  /** Milliseconds until a custom resource without ServiceTimeout times out. Default 1 hour, as on AWS. */
  customResourceTimeoutMs?: number;
  /** Page size of every listing. Default 100, as on AWS. */
  pageSize?: number;
}

/** State and settings that all parts of the engine share. */
export interface Engine {
  cloud: Cloud;
  store: Store;
  providers: Providers;
  pollMs: number;
  stabilizeTimeoutMs: number;
  pageSize: number;
  now(): Date;
  uuid(): string;
  /** Random suffix of a generated name: 12 characters of A–Z and 0–9, the first a letter. */
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
