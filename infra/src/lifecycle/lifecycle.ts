import type { CloudFrontKeyValueStoreClient } from "@aws-sdk/client-cloudfront-keyvaluestore";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { VersionMap } from "@lockstep/edge/version-map";
import type { LockstepConfig } from "../config/config.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";
import type { Clock } from "./clock.ts";
import type { Ledger } from "./ledger.ts";
import { createLedgerStore, type LedgerStore } from "./ledger-store.ts";
import { LockstepError } from "./lockstep-error.ts";
import { createManifestStore, type ManifestStore } from "./manifest.ts";
import { publishMap } from "./map-publisher.ts";
import { type PointerOptions, writePointer } from "./pointer.ts";
import { createLeaseStore, type LeaseStore } from "./release-lease.ts";
import { applyEvent, type Cause, type LedgerEvent } from "./transitions.ts";

/** An app's versions: the ledger, what is projected from it, and the small objects beside it. */
export interface Lifecycle {
  store: LedgerStore;
  manifests: ManifestStore;
  leases: LeaseStore;
  /** Applies events in order, as one change. Throws what `applyEvent` throws. */
  apply(events: LedgerEvent | readonly LedgerEvent[], cause: Cause): Promise<Ledger>;
  /** Makes the map say what the ledger says. */
  publishMap(): Promise<VersionMap>;
  /** Makes the pointer say what the ledger says. After the map, always: HTML points at what the edge can reach. */
  writePointer(how?: Pick<PointerOptions, "wholeTable">): Promise<void>;
}

export interface LifecycleOptions {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  clients: {
    s3: S3Client;
    ssm: SSMClient;
    /** Of `edge.mapFallbackRegion`. */
    ssmOfMapCopy?: SSMClient | undefined;
    keyValueStore: CloudFrontKeyValueStoreClient;
  };
  /** Names the process that takes leases. */
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
    async publishMap() {
      const map = {
        store,
        parameter: outputs.mapParameter,
        suffix: config.edge.hostSuffix,
        sleep: clock.sleep,
        random,
      };
      // The copy first: it is never behind the map, whatever is killed in between (docs/decisions/023).
      if (clients.ssmOfMapCopy !== undefined)
        await publishMap({ ssm: clients.ssmOfMapCopy, ...map }).catch((cause: unknown) => {
          throw new LockstepError(
            "MAP_COPY_UNWRITTEN",
            `${outputs.mapParameter} in ${config.edge.mapFallbackRegion}: ${cause instanceof Error ? cause.message : String(cause)}`,
            { cause },
          );
        });
      return publishMap({ ssm, ...map });
    },
    async writePointer(how) {
      const arn = outputs.keyValueStoreArn;
      await writePointer({ keyValueStore, store, manifests, arn, sleep: clock.sleep, random, ...how });
    },
  };
}

/**
 * After a map was published, every edge answers from it when its TTL and this margin are over: clocks and the request
 * that was under way. Seconds.
 */
const MAP_MARGIN_SECONDS = 2;

export function edgeForgetsAfterMs(config: Pick<LockstepConfig, "edge">): number {
  return (config.edge.mapTtlSeconds + MAP_MARGIN_SECONDS) * 1000;
}
