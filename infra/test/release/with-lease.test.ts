import { describe, expect, it } from "vitest";
import { takeVersionId } from "../../src/release/lease-holder.ts";
import { withLease } from "../../src/release/release.ts";
import type { OperationContext } from "../../src/versions/context.ts";
import { createStage } from "../janitor/stage.ts";
import { deployOf } from "../lifecycle/samples.ts";

const COMMIT = "1f3a9c2".padEnd(40, "0");
/** Past the time after which a lease that nobody renews is that of a dead release. */
const LATER_MS = 12 * 60_000;

/** A release that holds an id, entered the ledger, and fails; `blocked`: the operation that fails while it is undone. */
async function failingRelease(blocked?: string) {
  const stage = await createStage();
  const { lifecycle, clock } = stage.options;
  const ledger = await lifecycle.store.read();
  const held = await takeVersionId(COMMIT, ledger, lifecycle.leases, { clock, onFailure: () => {} });
  const said: string[] = [];
  const progress = { say: (line: string) => said.push(line) } as unknown as OperationContext["progress"];
  const context = { ...stage.options, actor: "ada", progress } as OperationContext;
  const ended = withLease(held, context, async () => {
    await stage.make(held.id, []);
    await stage.apply([deployOf(held.id)]);
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === blocked) throw new Error("Rate exceeded");
    };
    throw new Error("no such image");
  });
  await expect(ended).rejects.toThrow("no such image");
  stage.aws.onCall = undefined;
  return { stage, id: held.id, said };
}

describe("withLease() of a failed release", () => {
  it("undoes everything and removes the lease", async () => {
    const { stage, id, said } = await failingRelease();
    expect(said).toEqual([`Everything of ${id} was removed. Current is unchanged.`]);
    expect((await stage.lifecycle.leases.list()).size).toBe(0);
    expect((await stage.lifecycle.store.read()).versions[id]?.state).toBe("retired");
  });

  it("changes nothing if another process resumed the release", async () => {
    const stage = await createStage();
    const { lifecycle, clock } = stage.options;
    const held = await takeVersionId(COMMIT, await lifecycle.store.read(), lifecycle.leases, {
      clock,
      onFailure: () => {},
    });
    const said: string[] = [];
    const progress = { say: (line: string) => said.push(line) } as unknown as OperationContext["progress"];
    const context = { ...stage.options, actor: "ada", progress } as OperationContext;
    const ended = withLease(held, context, async () => {
      await stage.make(held.id, []);
      await stage.apply([deployOf(held.id)]);
      await stage.time.skip(LATER_MS); // the laptop sleeps, and another operator resumes
      expect(await stage.lifecycle.leases.takeOver(held.id)).toBeDefined();
      throw new Error("the network was down");
    });
    await expect(ended).rejects.toThrow("the network was down");
    expect(said).toEqual([`Another process resumed the release of ${held.id}; nothing of it was changed.`]);
    expect((await lifecycle.store.read()).versions[held.id]?.state).toBe("deploying");
    expect((await lifecycle.leases.list()).get(held.id)).toBe("running");
    expect(await stage.aws.stacks()).toContain(`shop-v-${held.id}`);
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
