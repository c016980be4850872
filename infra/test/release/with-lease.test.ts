import { describe, expect, it } from "vitest";
import { takeVersionId } from "../../src/release/lease-holder.ts";
import { withLease } from "../../src/release/release.ts";
import type { OperationContext } from "../../src/versions/context.ts";
import { createStage } from "../janitor/stage.ts";
import { deployOf } from "../lifecycle/samples.ts";

const COMMIT = "1f3a9c2".padEnd(40, "0");
/** Longer than the time after which a lease without a renewal counts as dead. */
const LATER_MS = 12 * 60_000;

/** A release that holds an id, entered the ledger, and fails; `blocked`: the operation that fails during the undo. */
async function failingRelease(blocked?: string) {
  const stage = await createStage();
  const { lifecycle, clock } = stage.options;
  const ledger = await lifecycle.store.read();
  const lease = await takeVersionId(COMMIT, ledger, lifecycle.leases, { clock, onFailure: () => {} });
  const said: string[] = [];
  const progress = { say: (line: string) => said.push(line) } as unknown as OperationContext["progress"];
  const context = { ...stage.options, actor: "ada", progress } as OperationContext;
  const ended = withLease(lease, context, async () => {
    await stage.make(lease.id, []);
    await stage.apply([deployOf(lease.id)]);
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === blocked) throw new Error("Rate exceeded");
    };
    throw new Error("no such image");
  });
  await expect(ended).rejects.toThrow("no such image");
  stage.aws.onCall = undefined;
  return { stage, id: lease.id, said };
}

describe("withLease() of a failed release", () => {
  it("undoes everything and removes the lease", async () => {
    const { stage, id, said } = await failingRelease();
    expect(said).toEqual([`All resources of ${id} were removed. Current is unchanged.`]);
    expect((await stage.lifecycle.leases.list()).size).toBe(0);
    expect((await stage.lifecycle.store.read()).versions[id]?.state).toBe("retired");
  });

  it("changes nothing if another process resumed the release", async () => {
    const stage = await createStage();
    const { lifecycle, clock } = stage.options;
    const lease = await takeVersionId(COMMIT, await lifecycle.store.read(), lifecycle.leases, {
      clock,
      onFailure: () => {},
    });
    const said: string[] = [];
    const progress = { say: (line: string) => said.push(line) } as unknown as OperationContext["progress"];
    const context = { ...stage.options, actor: "ada", progress } as OperationContext;
    const ended = withLease(lease, context, async () => {
      await stage.make(lease.id, []);
      await stage.apply([deployOf(lease.id)]);
      await stage.time.skip(LATER_MS); // the laptop sleeps, and another operator resumes
      expect(await stage.lifecycle.leases.takeOver(lease.id)).toBeDefined();
      throw new Error("the network was down");
    });
    await expect(ended).rejects.toThrow("the network was down");
    expect(said).toEqual([
      `Another process resumed the release of ${lease.id}, so this run did not undo it.`,
    ]);
    expect((await lifecycle.store.read()).versions[lease.id]?.state).toBe("deploying");
    expect((await lifecycle.leases.list()).get(lease.id)).toBe("running");
    expect(await stage.aws.stacks()).toContain(`shop-v-${lease.id}`);
  });

  it("keeps the lease if it cannot undo everything, so that the janitor does", async () => {
    const { stage, id, said } = await failingRelease("s3:PutObject");
    expect(said).toEqual([`Could not undo the release of ${id} (Rate exceeded); the janitor undoes it.`]);
    expect((await stage.lifecycle.leases.list()).has(id)).toBe(true);
    await stage.time.skip(LATER_MS);
    expect((await stage.run()).done).toEqual([{ kind: "retired", id }]);
    expect((await stage.lifecycle.leases.list()).size).toBe(0);
  });
});
