import { parseVersionMap } from "@lockstep/edge/version-map";
import { describe, expect, it } from "vitest";
import { brokenInvariant } from "../../src/lifecycle/ledger.ts";
import { oldMapsExpireAfterMs } from "../../src/lifecycle/lifecycle.ts";
import { deployOf, idOf, releaseOf, targetGroupArnOf } from "../lifecycle/samples.ts";
import { Killed } from "../support/open-aws.ts";
import { createStage } from "./stage.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const [old, current, fresh] = [idOf(1), idOf(2), idOf(3)] as const;

/** Two releases, the old one idle and past its grace time. */
async function stageWithIdleVersion() {
  const stage = await createStage();
  await stage.make(old, ["shared-1.js", "old-2.js"]);
  await stage.make(current, ["shared-1.js", "new-3.js"]);
  await stage.apply([...releaseOf(old), ...releaseOf(current)]);
  await stage.lifecycle.publishMap();
  await stage.lifecycle.writePointer();
  await stage.time.skip(2 * HOUR);
  stage.aws.calls.length = 0;
  return stage;
}

describe("runJanitor()", () => {
  it("retires an idle version in the documented order", async () => {
    const stage = await stageWithIdleVersion();
    const order: string[] = [];
    let unroutedAt = 0;
    stage.aws.onCall = (phase, name, input) => {
      if (phase === "before") return;
      if (name === "ssm:PutParameter") {
        order.push("map");
        unroutedAt = stage.time.now();
        expect(Object.keys(parseVersionMap(input.Value).versions)).toEqual([current]);
      }
      if (name === "ecs:UpdateService") {
        order.push("scale");
        expect(stage.time.now() - unroutedAt).toBeGreaterThanOrEqual(oldMapsExpireAfterMs(stage.config));
      }
      if (name === "cloudformation:DeleteStack") order.push("delete");
      if (name === "s3:PutObject" && input.Key === "ledger.json")
        order.push(JSON.parse(input.Body).history.at(-1).event);
    };
    const report = await stage.run();
    // The second map carries the revision of the entry "unroute".
    expect(order).toEqual(["drain", "map", "unroute", "map", "dismantle", "scale", "delete", "retire"]);
    expect(report).toMatchObject({ done: [{ kind: "retired", id: old }], postponed: [], failed: [] });
    expect((await stage.lifecycle.store.read()).versions[old]?.state).toBe("retired");
    expect(await stage.aws.tasksOf(current)).toBeDefined();
  });

  it("changes nothing once the map has the ledger's revision, with a constant number of calls", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    await stage.run();
    stage.aws.calls.length = 0;
    const report = await stage.run();
    expect(report).toMatchObject({ done: [], postponed: [], failed: [] });
    expect(stage.aws.calls.filter((name) => /Put|Update|Delete/.test(name))).toEqual([]);
    expect(stage.aws.calls.length).toBeLessThan(20);
  });

  it("leaves current unchanged if two runs start at the same time", async () => {
    const stage = await stageWithIdleVersion();
    const reports = await Promise.all([stage.run(), stage.run()]);
    expect(reports.flatMap(({ failed }) => failed)).toEqual([]);
    const ledger = await stage.lifecycle.store.read();
    expect(ledger.versions[old]?.state).toBe("retired");
    expect(ledger.history.filter(({ event }) => event === "retire")).toHaveLength(1);
    expect(await stage.aws.stacks()).toContain(`shop-v-${current}`);
  });

  it("leaves a version that is promoted after it was inspected", async () => {
    const stage = await stageWithIdleVersion();
    let rolledBack = false;
    stage.aws.onCall = async (phase, name) => {
      if (phase !== "after" || name !== "monitoring:GetMetricData" || rolledBack) return;
      rolledBack = true;
      await stage.apply([{ type: "promote", id: old }]);
    };
    await stage.run();
    const ledger = await stage.lifecycle.store.read();
    expect(ledger.current).toBe(old);
    expect(ledger.versions[current]?.state).toBe("superseded");
    expect(await stage.aws.stacks()).toHaveLength(2);
  });

  it("stops the tasks of a version only after it can no longer be brought back", async () => {
    const stage = await stageWithIdleVersion();
    const refused: unknown[] = [];
    stage.aws.onCall = async (phase, name) => {
      if (phase === "before" && name === "ecs:UpdateService")
        await stage.apply([{ type: "revive", id: old }]).catch((error) => refused.push(error.code));
    };
    await stage.run();
    expect(refused).toEqual(["WRONG_STATE"]);
    expect((await stage.lifecycle.store.read()).versions[old]?.state).toBe("retired");
  });

  it("starts the wait again if a version is revived and drained while it waits", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run({ deadline: stage.time.now() }); // out of the map, but edges may still have it
    const { clock } = stage.options;
    const sleep = async (ms: number) => {
      await clock.sleep(ms);
      if ((await stage.lifecycle.store.read()).history.some(({ event }) => event === "revive")) return;
      await stage.apply([
        { type: "revive", id: old },
        { type: "drain", id: old },
        { type: "unroute", id: old },
      ]);
    };
    expect((await stage.run({ clock: { ...clock, sleep } })).postponed).toEqual([
      { kind: "retirement", id: old, why: "revived" },
    ]);
    expect((await stage.aws.tasksOf(old))?.desired).toBe(2);
  });

  it("does not retire a version that was promoted and superseded again after it was inspected", async () => {
    const stage = await stageWithIdleVersion();
    let moved = false;
    stage.aws.onCall = async (phase, name) => {
      if (phase !== "after" || name !== "monitoring:GetMetricData" || moved) return;
      moved = true;
      await stage.time.skip(1);
      await stage.apply([
        { type: "promote", id: old },
        { type: "promote", id: current },
      ]);
    };
    await stage.run();
    expect((await stage.lifecycle.store.read()).versions[old]?.state).toBe("superseded");
  });

  it("reports a stack that cannot be deleted, and continues with the other versions", async () => {
    const stage = await stageWithIdleVersion();
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === "cloudformation:DeleteStack") throw new Error("Export is in use");
    };
    const report = await stage.run();
    expect(report.failed).toEqual([{ what: old, message: "Export is in use" }]);
    stage.aws.onCall = undefined;
    expect((await stage.run()).done).toEqual([{ kind: "retired", id: old }]);
  });

  it("sends one event per retired version, also when two runs retire it at the same time", async () => {
    const stage = await stageWithIdleVersion();
    await Promise.all([stage.run(), stage.run()]);
    expect(stage.aws.events).toEqual([
      [
        "Version Retired",
        {
          schema: 1,
          app: "shop",
          version: old,
          actor: "janitor",
          reason: "no request for 1 h, past its grace time",
        },
      ],
    ]);
  });

  it("reports an event that could not be sent, and fails nothing", async () => {
    const stage = await stageWithIdleVersion();
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === "events:PutEvents") throw new Error("AccessDenied");
    };
    expect(await stage.run()).toMatchObject({
      done: [{ kind: "retired", id: old }],
      failed: [],
      unsentEvents: [{ type: "Version Retired", version: old, message: "Error: AccessDenied" }],
    });
  });

  it("leaves a wait that does not fit into its deadline to the next run", async () => {
    const stage = await stageWithIdleVersion();
    const report = await stage.run({ deadline: stage.time.now() });
    expect(report).toMatchObject({ done: [], postponed: [{ kind: "retirement", id: old, why: "edges" }] });
    expect((await stage.run()).done).toEqual([{ kind: "retired", id: old }]);
  });

  it("repairs a map and a pointer that a killed process left outdated", async () => {
    const stage = await stageWithIdleVersion();
    await stage.aws.putMap(JSON.stringify({ r: 1, current: null, floor: null, suffix: "s", versions: {} }));
    await stage.aws.putKey("current", old);
    await stage.run();
    expect(parseVersionMap(await stage.aws.map()).current).toBe(current);
    expect((await stage.aws.keys()).get("current")).toBe(current);
  });

  it("removes what a killed release left, and its lease, but not a running release", async () => {
    const stage = await stageWithIdleVersion();
    await stage.make(fresh, []);
    await stage.lifecycle.leases.take(fresh);
    await stage.apply([deployOf(fresh)]);
    await stage.run();
    expect((await stage.lifecycle.store.read()).versions[fresh]?.state).toBe("deploying");
    await stage.time.skip(HOUR); // without a renewal
    await stage.run();
    expect((await stage.lifecycle.store.read()).versions[fresh]?.state).toBe("retired");
    expect(await stage.aws.stacks()).not.toContain(`shop-v-${fresh}`);
    await stage.run();
    expect([...(await stage.lifecycle.leases.list())]).toEqual([]);
  });

  it("waits for the map also for a version that was published and never promoted", async () => {
    const stage = await stageWithIdleVersion();
    await stage.make(fresh, []);
    await stage.lifecycle.leases.take(fresh);
    await stage.apply([
      deployOf(fresh),
      { type: "publish", id: fresh, targetGroupArn: targetGroupArnOf(fresh) },
    ]);
    await stage.lifecycle.publishMap();
    await stage.time.skip(HOUR);
    const before = stage.time.now();
    await stage.run();
    expect((await stage.lifecycle.store.read()).versions[fresh]?.state).toBe("retired");
    expect(stage.time.now() - before).toBeGreaterThanOrEqual(oldMapsExpireAfterMs(stage.config));
  });
});

describe("runJanitor() and files", () => {
  it("deletes the files that only a retired version lists after their lifetime, on all pages, and keeps shared ones", async () => {
    const stage = await stageWithIdleVersion();
    stage.aws.onCall = (_phase, name, input) => {
      if (name === "s3:ListObjectsV2") input.MaxKeys = 1;
    };
    await stage.aws.objects.put("web", `builds/${old}/robots.txt`, "");
    await stage.run();
    expect(await stage.files()).toContain("assets/old-2.js");
    await stage.time.skip(DAY);
    await stage.run();
    expect(await stage.files()).toEqual([
      "assets/new-3.js",
      "assets/shared-1.js",
      `builds/${current}/index.html`,
    ]);
    expect(Object.keys((await stage.lifecycle.store.read()).versions)).toEqual([current]);
    expect(await stage.lifecycle.manifests.read(old)).toBeUndefined();
  });

  it("keeps a file that a new version lists again", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    await stage.time.skip(DAY);
    await stage.lifecycle.leases.take(fresh);
    await stage.make(fresh, ["old-2.js"]);
    await stage.apply([deployOf(fresh)]);
    await stage.run();
    expect(await stage.files()).toContain("assets/old-2.js");
    expect(await stage.files()).not.toContain(`builds/${old}/index.html`);
  });

  it("deletes nothing if a version is added while it reads the manifests", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    await stage.time.skip(DAY);
    const before = await stage.files();
    let released = false;
    stage.aws.onCall = async (phase, _, input) => {
      if (phase !== "after" || released || !String(input.Key).includes(`manifests/${current}`)) return;
      released = true;
      await stage.make(fresh, ["old-2.js"]);
      await stage.lifecycle.leases.take(fresh);
      await stage.apply([deployOf(fresh)]);
    };
    const report = await stage.run();
    expect(report.postponed).toEqual([{ kind: "files", why: "raced" }]);
    expect(await stage.files()).toEqual([...before, `builds/${fresh}/index.html`].sort());
  });

  it("runs one deletion at a time, so that a file that is uploaded again is not deleted by a second one", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    await stage.time.skip(DAY);
    let second: Awaited<ReturnType<typeof stage.run>> | undefined;
    stage.aws.onCall = async (phase, name) => {
      if (phase !== "before" || second !== undefined || name !== "s3:DeleteObjects") return;
      stage.aws.onCall = undefined;
      second = await stage.run();
      // A release that enters now would not wait for the first deletion.
      const { versions } = await stage.lifecycle.store.read();
      if (Object.values(versions).some(({ filesDeletingAt }) => filesDeletingAt !== undefined)) return;
      await stage.lifecycle.leases.take(fresh);
      await stage.make(fresh, ["old-2.js"]);
      await stage.apply([deployOf(fresh)]);
    };
    const first = await stage.run();
    for (const id of Object.keys((await stage.lifecycle.store.read()).versions))
      expect(await stage.files()).toEqual(
        expect.arrayContaining([...(await stage.lifecycle.manifests.read(id))!.keys()]),
      );
    expect(second!.postponed).toEqual([{ kind: "files", why: "busy" }]);
    expect(first.done).toEqual([{ kind: "deleted-files", ids: [old], count: 2 }]);
  });

  it("continues a killed deletion after its run must have ended", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    await stage.time.skip(DAY);
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === "s3:DeleteObjects") throw new Killed();
    };
    await stage.run();
    stage.aws.onCall = undefined;
    expect((await stage.run()).postponed).toEqual([{ kind: "files", why: "busy" }]);
    await stage.time.skip(15 * 60_000);
    expect((await stage.run()).done).toEqual([{ kind: "deleted-files", ids: [old], count: 2 }]);
  });

  it("deletes nothing if a manifest is missing", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    await stage.time.skip(DAY);
    await stage.lifecycle.manifests.remove(current);
    const before = await stage.files();
    const report = await stage.run();
    expect(report.failed[0]?.message).toMatch(/manifest/);
    expect(await stage.files()).toEqual(before);
  });
});

describe("runJanitor(), killed at every call to AWS", () => {
  /** Runs repeatedly, as the schedule does. */
  async function settle(stage: Awaited<ReturnType<typeof stageWithIdleVersion>>) {
    for (let run = 0; run < 4; run++) {
      await stage.run();
      await stage.time.skip(DAY);
    }
  }

  async function countCalls(): Promise<number> {
    const stage = await stageWithIdleVersion();
    await stage.run();
    await stage.time.skip(DAY);
    await stage.run();
    return stage.aws.calls.length;
  }

  it.each(["before", "after"] as const)(
    "%s it: current is unchanged, and the next runs finish the work",
    async (when) => {
      const calls = await countCalls();
      expect(calls).toBeGreaterThan(30);
      for (let point = 0; point < calls; point++) {
        const stage = await stageWithIdleVersion();
        let seen = 0;
        let dead = false;
        stage.aws.onCall = (phase) => {
          if (dead) throw new Killed();
          if (phase === when && seen++ === point) {
            dead = true;
            throw new Killed();
          }
        };
        await stage.run().catch(() => undefined);
        if (!dead) {
          await stage.time.skip(DAY);
          await stage.run().catch(() => undefined);
        }
        stage.aws.onCall = undefined;
        const ledger = await stage.lifecycle.store.read();
        expect(brokenInvariant(ledger), `killed at ${point}`).toBeUndefined();
        expect(ledger.current).toBe(current);
        expect(await stage.aws.tasksOf(current)).toEqual({ desired: 2, running: 2 });
        // Every version in the map has tasks.
        for (const id of Object.keys(parseVersionMap(await stage.aws.map()).versions))
          expect((await stage.aws.tasksOf(id))?.running, `killed at ${point}: ${id} is in the map`).toBe(2);
        await settle(stage);
        expect(Object.keys((await stage.lifecycle.store.read()).versions), `killed at ${point}`).toEqual([
          current,
        ]);
        expect(await stage.aws.stacks()).toEqual([`shop-v-${current}`]);
        expect(await stage.files()).toEqual([
          "assets/new-3.js",
          "assets/shared-1.js",
          `builds/${current}/index.html`,
        ]);
        expect(await stage.aws.objects.keys("state")).toEqual(
          expect.arrayContaining(["ledger.json", `manifests/${current}.json`]),
        );
      }
    },
  );
});
