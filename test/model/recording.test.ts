import { MAP_PARAMETER } from "@lockstep/infra/test/create-platform";
import { expect, it } from "vitest";
import { orphans, readLedger } from "./checks.ts";
import { type Preparation, recordPreparation, replay } from "./recording.ts";
import type { World } from "./world.ts";

const DAY = 86_400_000;

/** Everything that a preparation may contain: releases, a janitor, skipped time, a killed release, and absent readers. */
async function prepare({ release, operations, skip, pauseReaders }: Preparation): Promise<void> {
  await release(2);
  pauseReaders(true);
  await skip(3 * DAY);
  await operations.janitor();
  pauseReaders(false);
  await release();
  await operations.release({ kill: { call: "cloudformation:CreateStack", phase: "after" } });
}

/** What an operation would find on AWS. Target groups without the part of their name that AWS draws. */
async function stateOf(world: World): Promise<unknown> {
  const { webBucket, stateBucket, keyValueStoreArn: KvsARN, clusterName: cluster } = world.outputs;
  const ledger = JSON.stringify(await readLedger(world)).replaceAll(/(targetgroup\/[^/]+)\/[0-9a-f]+/g, "$1");
  const { Stacks } = await world.call("cloudformation", "DescribeStacks", {});
  const { serviceArns } = await world.call("ecs", "ListServices", { cluster });
  const { services } = await world.call("ecs", "DescribeServices", { cluster, services: serviceArns });
  const keysIn = async (Bucket: string) =>
    (await world.call("s3", "ListObjectsV2", { Bucket })).Contents.map(({ Key }: { Key: string }) => Key);
  return {
    now: world.time.now(),
    ledger: JSON.parse(ledger),
    map: (await world.call("ssm", "GetParameter", { Name: MAP_PARAMETER })).Parameter.Value,
    pointer: (await world.call("cloudfront-keyvaluestore", "ListKeys", { KvsARN })).Items,
    files: [await keysIn(webBucket), await keysIn(stateBucket)],
    images: (await world.call("ecr", "DescribeImages", { repositoryName: "shop-api" })).imageDetails.length,
    stacks: Stacks.map((each: any) => [each.StackName, each.StackStatus]),
    services: services.map((each: any) => [each.serviceName, each.desiredCount, each.runningCount]),
    orphans: await orphans(world),
    processes: world.processes,
  };
}

it("replay() opens the state that the preparation reached", async () => {
  let prepared: unknown;
  const recording = await recordPreparation(async (preparation) => {
    await prepare(preparation);
    prepared = await stateOf(preparation.world);
  });
  const { world, watch } = await replay(recording, 7);
  expect(await stateOf(world)).toEqual(prepared);
  expect(recording.ids).toHaveLength(3);
  expect(Object.keys(watch.ledger!.versions)).toEqual(expect.arrayContaining(recording.ids.slice(1)));
  await world.close();
});

it("replay() shares no state with another replay of the same recording", async () => {
  const recording = await recordPreparation(prepare);
  const copy = structuredClone(recording);
  const first = await replay(recording, 7);
  const other = await replay(recording, 7);
  const before = await stateOf(first.world);

  await first.operations.release();
  await first.operations.recall({ below: first.watch.ledger!.current! });
  await first.world.time.skip(3 * DAY);
  await first.operations.janitor();
  expect(await stateOf(first.world)).not.toEqual(before);

  expect(await stateOf(other.world)).toEqual(before);
  const again = await replay(recording, 7);
  expect(await stateOf(again.world)).toEqual(before);
  expect([...again.watch.history]).toEqual([...other.watch.history]);
  expect(recording).toEqual(copy);
  for (const { world } of [first, other, again]) await world.close();
});
