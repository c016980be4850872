import { buildPrefix } from "@lockstep/edge/build-path";
import { encodePathTable } from "@lockstep/edge/encode-path-table";
import { POINTER_FILES } from "@lockstep/edge/names";
import type { PlatformOutputs } from "@lockstep/infra/rehearsal";
import {
  type Ledger,
  parseLedger,
  projectMap,
  projectPointer,
  sameContent,
  sameStatus,
} from "@lockstep/infra/rehearsal";
import { MAP_PARAMETER } from "@lockstep/infra/test/create-platform";
import { type ServiceName, textOf } from "@lockstep/local/in-memory";
import type { World } from "./world.ts";

/** An app on a local AWS, which the checks call directly. */
export interface Inspected {
  app: string;
  outputs: PlatformOutputs;
  call(service: ServiceName, action: string, input: object): Promise<any>;
}

/** Returns a sentence for each contradiction between ledger, map, pointer and the new pages of each edge. */
export async function disagreements(world: World): Promise<string[]> {
  const wrong: string[] = [];
  const ledger = await readLedger(world);
  if (ledger?.current === undefined) return wrong;
  const { Parameter } = await world.call("ssm", "GetParameter", { Name: MAP_PARAMETER });
  if (!sameContent(JSON.parse(Parameter.Value), projectMap(ledger, world.config.edge.hostSuffix)))
    wrong.push(`9. the map is not what the ledger says: ${Parameter.Value}`);
  const keys = await pointerKeys(world);
  const pointer = projectPointer(ledger);
  const wanted = encodePathTable(ledger.current, await ownFiles(world, ledger.current))!;
  const table = Object.fromEntries([...keys].filter(([key]) => key.startsWith(POINTER_FILES)));
  if (JSON.stringify(table) !== JSON.stringify(wanted))
    wrong.push(`9. the path table is not of ${ledger.current}: ${JSON.stringify(table)}`);
  if (keys.get("current") !== pointer.current || !sameStatus(keys.get("status"), pointer.status))
    wrong.push(`9. the pointer is not what the ledger says: ${JSON.stringify([...keys])}`);
  for (const edge of world.edges) {
    const { status, html } = await edge.page();
    if (html !== ledger.current)
      wrong.push(`5. new pages get ${html ?? status}, and ${ledger.current} is current`);
  }
  return wrong;
}

/** Returns a sentence for each resource that belongs to no version of the ledger, and for each missing one. */
export async function orphans(world: Inspected): Promise<string[]> {
  const ledger = await readLedger(world);
  if (ledger === undefined) return [];
  const living = Object.keys(ledger.versions).filter((id) => ledger.versions[id]!.state !== "retired");
  const wrong: string[] = [];
  const expectIds = (what: string, found: readonly string[], wanted: readonly string[]) => {
    for (const id of found) if (!wanted.includes(id)) wrong.push(`10. ${what} of ${id} is left over`);
    for (const id of wanted) if (!found.includes(id)) wrong.push(`10. ${what} of ${id} is missing`);
  };
  for (const [what, found] of Object.entries(await resourcesOfVersions(world)))
    expectIds(what, found, living);
  expectIds(
    "a manifest",
    idsIn(await keysOf(world, world.outputs.stateBucket, "manifests/")),
    Object.keys(ledger.versions),
  );
  expectIds("a lease", idsIn(await keysOf(world, world.outputs.stateBucket, "leases/")), []);
  await checkFiles(world, Object.keys(ledger.versions), wrong);
  for (const key of (await pointerKeys(world)).keys())
    if (key !== "current" && key !== "status" && !key.startsWith(POINTER_FILES))
      wrong.push(`10. the KeyValueStore has ${key}`);
  return wrong;
}

/** Lists the resources of versions: kind → ids of versions. */
async function resourcesOfVersions(world: Inspected): Promise<Record<string, string[]>> {
  const { listenerArn, clusterName } = world.outputs;
  const { TargetGroups } = await world.call("elbv2", "DescribeTargetGroups", {});
  const { Rules } = await world.call("elbv2", "DescribeRules", { ListenerArn: listenerArn });
  const { serviceArns } = await world.call("ecs", "ListServices", { cluster: clusterName, maxResults: 100 });
  const { logGroups } = await world.call("logs", "DescribeLogGroups", {
    logGroupNamePrefix: `/lockstep/${world.app}/`,
  });
  const { ScalableTargets } = await world.call("application-autoscaling", "DescribeScalableTargets", {
    ServiceNamespace: "ecs",
  });
  const hosts = Rules.flatMap(({ Conditions }: any) =>
    Conditions.filter(({ Field }: any) => Field === "host-header").map(
      (each: any) => each.HostHeaderConfig.Values[0],
    ),
  );
  return {
    "a stack": idsIn(await stackNames(world)),
    "a target group": idsIn(TargetGroups.map((each: any) => each.TargetGroupName)),
    "a rule": idsIn(hosts),
    "a service": idsIn(serviceArns),
    "a log group": idsIn(logGroups.map((each: any) => each.logGroupName)),
    "a scaling target": idsIn(ScalableTargets.map((each: any) => each.ResourceId)),
  };
}

async function checkFiles(world: Inspected, ids: readonly string[], wrong: string[]): Promise<void> {
  const listed = new Set<string>();
  for (const id of ids) for (const key of (await readManifest(world, id)) ?? []) listed.add(key);
  for (const key of await keysOf(world, world.outputs.webBucket, ""))
    if (!listed.has(key)) wrong.push(`10. the file ${key} is listed by no version`);
}

export async function readLedger(world: Inspected): Promise<Ledger | undefined> {
  const text = await objectText(world, world.outputs.stateBucket, "ledger.json");
  return text === undefined ? undefined : parseLedger(text, "ledger.json");
}

/** Returns the names of the files that a version does not share. */
async function ownFiles(world: Inspected, id: string): Promise<string[]> {
  const prefix = buildPrefix(id);
  const keys = (await readManifest(world, id)) ?? [];
  return keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
}

/** Reads the keys of a version's files from its manifest. */
export async function readManifest(world: Inspected, id: string): Promise<readonly string[] | undefined> {
  const text = await objectText(world, world.outputs.stateBucket, `manifests/${id}.json`);
  if (text === undefined) return undefined;
  if (text !== manifest?.text) manifest = { text, keys: Object.keys(JSON.parse(text).files) };
  return manifest.keys;
}

/** The manifest that was read last. Most visits read the manifest of the same version. */
let manifest: { text: string; keys: string[] } | undefined;

/** Returns the names of the stacks that exist. */
export async function stackNames(world: Inspected): Promise<string[]> {
  const { Stacks } = await world.call("cloudformation", "DescribeStacks", {});
  return Stacks.map(({ StackName }: { StackName: string }) => StackName);
}

async function objectText(world: Inspected, Bucket: string, Key: string): Promise<string | undefined> {
  try {
    return textOf((await world.call("s3", "GetObject", { Bucket, Key })).Body);
  } catch (error) {
    if ((error as { code?: string }).code !== "NoSuchKey") throw error;
  }
}

async function pointerKeys(world: Inspected): Promise<Map<string, string>> {
  const { keyValueStoreArn: KvsARN } = world.outputs;
  const { Items } = await world.call("cloudfront-keyvaluestore", "ListKeys", { KvsARN });
  return new Map(Items.map(({ Key, Value }: any) => [Key, Value]));
}

async function keysOf(world: Inspected, Bucket: string, Prefix: string): Promise<string[]> {
  const { Contents = [] } = await world.call("s3", "ListObjectsV2", { Bucket, Prefix });
  return Contents.map(({ Key }: any) => Key);
}

function idsIn(names: readonly string[]): string[] {
  return names.flatMap((name) => /\d{8}-\d{6}-[0-9a-f]{7}/.exec(name)?.[0] ?? []);
}
