import { parseVersionMap } from "@lockstep/edge/version-map";
import { describe, expect, it } from "vitest";
import { deleteStack } from "../../src/aws/stacks.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { preflight } from "../../src/release/preflight.ts";
import { undoRelease } from "../../src/release/undo-release.ts";
import { endKilledReleases, removeLeftovers } from "../../src/versions/leftovers.ts";
import { createStage } from "../janitor/stage.ts";
import { deployOf, idOf, releaseOf, targetGroupArnOf } from "../lifecycle/samples.ts";

const [current, first, second, fresh] = [idOf(1), idOf(2), idOf(3), idOf(4)] as const;
const publish = (id: string) => ({ type: "publish", id, targetGroupArn: targetGroupArnOf(id) }) as const;

async function stageWithCurrent() {
  const stage = await createStage();
  await stage.make(current, []);
  await stage.make(first, []);
  await stage.apply(releaseOf(current));
  await stage.lifecycle.publishMap();
  return { ...stage, context: { ...stage.options, actor: "ada", sendEvents: async () => {} } };
}

describe("endKilledReleases() and removeLeftovers()", () => {
  it("mark the version of a killed release as failed, and delete its stack", async () => {
    const stage = await stageWithCurrent();
    await stage.lifecycle.leases.take(second);
    const ledger = await stage.apply([deployOf(first), deployOf(second)]);
    const failed = await endKilledReleases(
      ledger,
      new Map([
        [first, "died"],
        [second, "running"],
      ]),
      stage.context,
    );
    expect(failed).toEqual([first]);
    expect(await removeLeftovers({ failed, stacks: [] }, stage.context)).toEqual([]);
    const { versions } = await stage.lifecycle.store.read();
    expect([versions[first]?.state, versions[second]?.state]).toEqual(["retired", "deploying"]);
    expect(await stage.aws.stacks()).not.toContain(`shop-v-${first}`);
  });

  it("remove the version that a killed release published from the map", async () => {
    const stage = await stageWithCurrent();
    const ledger = await stage.apply([deployOf(first), publish(first)]);
    await stage.lifecycle.publishMap();
    await endKilledReleases(ledger, new Map([[first, "died"]]), stage.context);
    expect(Object.keys(parseVersionMap(await stage.aws.map()).versions)).toEqual([current]);
    expect(await stage.aws.stacks()).toContain(`shop-v-${first}`); // edges may still route to it, so the janitor waits
  });

  it("keep a version of --no-promote, and a version that was promoted in the meantime", async () => {
    const stage = await stageWithCurrent();
    const { plan } = deployOf(first) as LedgerEvent & { type: "deploy" };
    const held: LedgerEvent = { type: "deploy", id: first, plan: { ...plan, held: true }, maxVersions: 90 };
    const ledger = await stage.apply([held, publish(first)]);
    await endKilledReleases(ledger, new Map([[first, "died"]]), stage.context);
    expect((await stage.lifecycle.store.read()).versions[first]?.state).toBe("published");
    const seen = await stage.apply([deployOf(second), publish(second)]);
    await stage.apply([
      { type: "promote", id: second },
      { type: "promote", id: current },
    ]);
    await endKilledReleases(seen, new Map([[second, "died"]]), stage.context);
    expect((await stage.lifecycle.store.read()).versions[second]?.state).toBe("superseded");
  });

  it("delete a leftover stack, whose rule would block the slot of another version", async () => {
    const stage = await stageWithCurrent();
    await stage.createVersionStack(second);
    await stage.lifecycle.leases.take(fresh); // a release that is creating its stack
    await stage.createVersionStack(fresh);
    await deleteStack(`shop-v-${first}`, {
      cloudformation: stage.aws.direct.cloudformation,
      ...stage.options,
    });
    const { stacks } = await preflight(stage.context);
    expect(stacks).toEqual([second]);
    expect(await removeLeftovers({ failed: [], stacks }, stage.context)).toEqual([]);
    expect(await stage.aws.stacks()).not.toContain(`shop-v-${second}`);
    expect(await stage.aws.stacks()).toContain(`shop-v-${fresh}`);
  });

  it("report what could not be removed", async () => {
    const stage = await stageWithCurrent();
    await stage.apply([deployOf(first), { type: "fail", id: first }]);
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === "cloudformation:DeleteStack") throw new Error("denied");
    };
    expect(await removeLeftovers({ failed: [first], stacks: [] }, stage.context)).toEqual([
      `${first}: denied`,
    ]);
  });
});

describe("undoRelease()", () => {
  const failure = new Error("task stopped\nmore");

  it("removes a version that was being deployed, and records the reason", async () => {
    const stage = await stageWithCurrent();
    await stage.apply([deployOf(first)]);
    expect(await undoRelease(first, failure, stage.context)).toMatch(/removed\. Current is unchanged/);
    const { versions, current: still } = await stage.lifecycle.store.read();
    expect(versions[first]).toMatchObject({ state: "retired", reason: "its release failed: task stopped" });
    expect(still).toBe(current);
  });

  it("removes a published version from the map and leaves the rest to the janitor", async () => {
    const stage = await stageWithCurrent();
    await stage.apply([deployOf(first), publish(first)]);
    await stage.lifecycle.publishMap();
    expect(await undoRelease(first, failure, stage.context)).toMatch(/removed from the map/);
    expect(parseVersionMap(await stage.aws.map()).versions).not.toHaveProperty(first);
  });

  it("does not undo a version that is current", async () => {
    const stage = await stageWithCurrent();
    await stage.apply(releaseOf(first));
    expect(await undoRelease(first, failure, stage.context)).toMatch(/is current in the ledger/);
    expect((await stage.lifecycle.store.read()).current).toBe(first);
  });

  it("deletes the stack that it created after another process had ended it", async () => {
    const stage = await stageWithCurrent();
    await stage.apply([deployOf(first), { type: "fail", id: first }]);
    await removeLeftovers({ failed: [first], stacks: [] }, stage.context);
    await stage.createVersionStack(first); // the release that was taken for dead continues
    expect(await undoRelease(first, failure, stage.context)).toMatch(/Another process ended/);
    expect(await stage.aws.stacks()).not.toContain(`shop-v-${first}`);
  });

  it("removes the manifest of a version that never entered the ledger", async () => {
    const stage = await stageWithCurrent();
    await stage.lifecycle.manifests.write(second, new Map());
    await undoRelease(second, failure, stage.context);
    expect(await stage.lifecycle.manifests.read(second)).toBeUndefined();
  });
});
