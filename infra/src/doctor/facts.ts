import { type CloudFrontClient, GetDistributionConfigCommand } from "@aws-sdk/client-cloudfront";
import type { VersionMap } from "@lockstep/edge/version-map";
import pLimit from "p-limit";
import { listObjects } from "../aws/objects.ts";
import { listRules } from "../aws/rules.ts";
import { describeServices } from "../aws/services.ts";
import { listVersionStacks } from "../aws/stacks.ts";
import { describeTargets, isHealthy } from "../aws/targets.ts";
import { isFailure } from "../base/lockstep-error.ts";
import { findOrphans, type Orphan } from "../janitor/plan/find-orphans.ts";
import { emptyLedger, type Ledger } from "../lifecycle/ledger.ts";
import type { Manifest } from "../lifecycle/manifest.ts";
import { readMap } from "../lifecycle/map-publisher.ts";
import { readPointer, readStoredTable, type StoredPointer } from "../lifecycle/pointer.ts";
import { parseStatus } from "../lifecycle/project-pointer.ts";
import type { Releases } from "../lifecycle/release-lease.ts";
import type { OperationContext } from "../versions/context.ts";
import { findLedgerBackup, type LedgerBackup } from "./ledger-backups.ts";

/** The state of all resources of the app, as plain data. */
export interface Facts {
  /** Empty if it cannot be read. */
  ledger: Ledger;
  /** Why the ledger cannot be used. Then nothing can be compared with it. */
  ledgerFailure?: { code: string; message: string };
  /** The newest valid ledger that is not older than map and pointer, if the ledger cannot be used. */
  backup?: LedgerBackup;
  map: VersionMap | undefined;
  pointer: StoredPointer;
  /** The path table in the KeyValueStore, by key. Absent when it was not looked at. */
  table?: Readonly<Record<string, string>>;
  releases: Releases;
  /** Status of the version stacks of this app, by version id. */
  stacks: ReadonlyMap<string, string>;
  services: ReadonlyMap<string, { desiredCount?: number; runningCount?: number }>;
  /** Priority of the listener rule, by host. */
  rules: ReadonlyMap<string, string>;
  /** Targets of routable versions, by version id; absent if the target group does not exist. */
  targets: ReadonlyMap<string, { healthy: number; all: number }>;
  /** By version id; `undefined` if the version has no manifest. */
  manifests: ReadonlyMap<string, Manifest | undefined>;
  /** Keys of the web bucket. */
  objects: ReadonlySet<string>;
  /** Resources that belong to no version. The janitor removes them. */
  orphans: readonly Orphan[];
  /** Number of functions by path pattern. `*` is the default behavior. */
  behaviors: ReadonlyMap<string, { viewer: number; origin: number }>;
}

const CONCURRENCY = 16;

/**
 * Reads the state of all resources. Changes nothing. Most calls cover all versions; targets and manifests take one call
 * per version.
 *
 * The ledger is read after map and pointer, and the leases after the stacks. So a release that runs at the same time
 * looks unfinished, and its resources never look like leftovers.
 */
export async function gatherFacts(
  context: OperationContext,
  cloudfront: Pick<CloudFrontClient, "send">,
): Promise<Facts> {
  const { config, clients, outputs, lifecycle } = context;
  const [map, pointer, stacks, rules, objects, behaviors] = await Promise.all([
    readMap({ ssm: clients.ssm, parameter: outputs.mapParameter }),
    readPointer({ keyValueStore: clients.keyValueStore, arn: outputs.keyValueStoreArn }),
    listVersionStacks(config.app, clients.cloudformation),
    listRules(outputs.listenerArn, clients.elb),
    readKeys(context),
    readBehaviors(outputs.distributionId, cloudfront),
  ]);
  const table = await readStoredTable(pointer, {
    keyValueStore: clients.keyValueStore,
    arn: outputs.keyValueStoreArn,
  });
  const projected = Math.max(map?.r ?? 0, parseStatus(pointer.status)?.r ?? 0);
  const releases = await lifecycle.leases.list();
  const state = await readLedger(context, projected);
  const { ledger } = state;
  const ids = Object.keys(ledger.versions);
  const living = ids.filter((id) => ledger.versions[id]!.slot !== undefined);
  const [orphans, services, targets, manifests] = await Promise.all([
    // Without a valid ledger no resource can be called an orphan.
    state.ledgerFailure === undefined ? findOrphans(context) : [],
    describeServices(
      living.map((id) => ledger.versions[id]!.service),
      { ecs: clients.ecs, clusterName: outputs.clusterName },
    ),
    readTargets(living, ledger, context),
    readManifests(ids, context),
  ]);
  return {
    ...state,
    map,
    pointer,
    table,
    releases,
    stacks,
    services,
    rules,
    targets,
    manifests,
    objects,
    orphans,
    behaviors,
  };
}

type LedgerState = Pick<Facts, "ledger" | "ledgerFailure" | "backup">;

/** @param projected the highest revision of map and pointer. A ledger with a lower revision is an old one */
async function readLedger(
  { lifecycle, clients, outputs }: OperationContext,
  projected: number,
): Promise<LedgerState> {
  const bucket = { s3: clients.s3, bucket: outputs.stateBucket };
  const trouble = async (code: string, message: string, ledger: Ledger): Promise<LedgerState> => ({
    ledger,
    ledgerFailure: { code, message },
    backup: await findLedgerBackup(bucket, projected),
  });
  try {
    const ledger = await lifecycle.store.read();
    if (ledger.revision >= projected) return { ledger };
    return ledger.revision === 0
      ? trouble("LEDGER_DELETED", "ledger.json does not exist.", ledger)
      : trouble(
          "LEDGER_BEHIND",
          `The ledger is at revision ${ledger.revision}, but map or pointer is at ${projected}.`,
          ledger,
        );
  } catch (error) {
    if (!isFailure(error, "LEDGER_DAMAGED")) throw error;
    return trouble("LEDGER_DAMAGED", (error as Error).message, emptyLedger());
  }
}

async function readTargets(
  ids: readonly string[],
  ledger: Ledger,
  { clients }: OperationContext,
): Promise<Facts["targets"]> {
  const limit = pLimit(CONCURRENCY);
  const read = async (id: string) => {
    const { targetGroupArn } = ledger.versions[id]!;
    if (targetGroupArn === undefined) return [];
    try {
      const all = await describeTargets(targetGroupArn, clients.elb);
      return [[id, { healthy: all.filter(isHealthy).length, all: all.length }] as const];
    } catch (error) {
      if (/TargetGroupNotFound/.test((error as Error).name)) return [];
      throw error;
    }
  };
  return new Map((await Promise.all(ids.map((id) => limit(() => read(id))))).flat());
}

async function readManifests(
  ids: readonly string[],
  { lifecycle }: OperationContext,
): Promise<Facts["manifests"]> {
  const limit = pLimit(CONCURRENCY);
  return new Map(
    await Promise.all(ids.map((id) => limit(async () => [id, await lifecycle.manifests.read(id)] as const))),
  );
}

async function readKeys({ clients, outputs }: OperationContext): Promise<Facts["objects"]> {
  const keys = new Set<string>();
  for await (const { Key } of listObjects("", { s3: clients.s3, bucket: outputs.webBucket })) keys.add(Key);
  return keys;
}

async function readBehaviors(
  distributionId: string,
  cloudfront: Pick<CloudFrontClient, "send">,
): Promise<Facts["behaviors"]> {
  const { DistributionConfig } = await cloudfront.send(
    new GetDistributionConfigCommand({ Id: distributionId }),
  );
  const { DefaultCacheBehavior: fallback, CacheBehaviors } = DistributionConfig ?? {};
  const all = [...(CacheBehaviors?.Items ?? []), { ...fallback, PathPattern: "*" }];
  return new Map(
    all.map(({ PathPattern = "", FunctionAssociations, LambdaFunctionAssociations }) => [
      PathPattern,
      {
        viewer: FunctionAssociations?.Items?.length ?? 0,
        origin: LambdaFunctionAssociations?.Items?.length ?? 0,
      },
    ]),
  );
}
