import type { VersionMap } from "@lockstep/edge/version-map";
import type { AwsClients } from "../aws/clients.ts";
import type { Clock } from "../base/clock.ts";
import type { PlatformOutputs } from "../base/outputs.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { Ledger } from "./ledger.ts";
import type { Cause, LedgerEvent } from "./ledger-event.ts";
import { createLedgerStore, type LedgerStore } from "./ledger-store.ts";
import { createManifestStore, type ManifestStore } from "./manifest.ts";
import { publishMap } from "./map-publisher.ts";
import { type PointerOptions, writePointer } from "./pointer.ts";
import { createLeaseStore, type LeaseStore } from "./release-lease.ts";
import { applyEvent } from "./transitions.ts";

/** The stored state of an app's versions: the ledger, its projections, the manifests and the leases. */
export interface Lifecycle {
  store: LedgerStore;
  manifests: ManifestStore;
  leases: LeaseStore;
  /** Applies events in order, as one change. Throws what `applyEvent` throws. */
  apply(events: LedgerEvent | readonly LedgerEvent[], cause: Cause): Promise<Ledger>;
  /** Publishes the version map of the ledger, unless it is already published. @returns the map */
  publishMap(): Promise<VersionMap>;
  /** Writes the pointer of the ledger. Call `publishMap` first: HTML must only name a version in the map. */
  writePointer(how?: Pick<PointerOptions, "wholeTable">): Promise<void>;
}

export interface LifecycleOptions {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  clients: Pick<AwsClients, "s3" | "ssm" | "keyValueStore">;
  /** The process that takes leases. */
  process: { host: string; pid: number; isAlive?: (pid: number) => boolean };
  clock: Clock;
  /** 0 to 1, for the jitter of waits. Default `Math.random`. */
  random?: () => number;
}

export function createLifecycle({
  config,
  outputs,
  clients,
  process,
  clock,
  random,
}: LifecycleOptions): Lifecycle {
  const { s3, ssm, keyValueStore } = clients;
  const bucket = outputs.stateBucket;
  const store = createLedgerStore({ s3, bucket, sleep: clock.sleep, random });
  const manifests = createManifestStore({ s3, bucket });
  return {
    store,
    manifests,
    leases: createLeaseStore({ s3, bucket, ...process, now: clock.now }),
    apply: (events, cause) =>
      store.update((ledger) =>
        [events].flat().reduce((next, event) => applyEvent(next, event, cause, clock.now()), ledger),
      ),
    publishMap: () =>
      publishMap({
        ssm,
        store,
        parameter: outputs.mapParameter,
        suffix: config.edge.hostSuffix,
        sleep: clock.sleep,
        random,
      }),
    async writePointer(how) {
      const arn = outputs.keyValueStoreArn;
      await writePointer({ keyValueStore, store, manifests, arn, sleep: clock.sleep, random, ...how });
    },
  };
}

/** Added to the TTL of the map: clocks differ, and a request may be in progress. */
const MAP_MARGIN_SECONDS = 2;

/** How long after its publication every edge uses a map, and no edge an older one. Milliseconds. */
export function oldMapsExpireAfterMs(config: Pick<LockstepConfig, "edge">): number {
  return (config.edge.mapTtlSeconds + MAP_MARGIN_SECONDS) * 1000;
}
