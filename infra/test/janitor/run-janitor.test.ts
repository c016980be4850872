import { parseVersionMap } from "@lockstep/edge/version-map";
import { describe, expect, it } from "vitest";
import { brokenInvariant } from "../../src/lifecycle/ledger.ts";
import { edgeForgetsAfterMs } from "../../src/lifecycle/lifecycle.ts";
import { Killed } from "../lifecycle/fake-aws.ts";
import { deployOf, idOf, releaseOf, targetGroupArnOf } from "../lifecycle/samples.ts";
import { createStage } from "./stage.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const [old, current, fresh] = [idOf(1), idOf(2), idOf(3)] as const;

/** Two releases, the old one idle and past its grace time. */
async function stageWithIdleVersion() {
  const stage = createStage();
  await stage.make(old, ["shared-1.js", "old-2.js"]);
  await stage.make(current, ["shared-1.js", "new-3.js"]);
  await stage.apply([...releaseOf(old), ...releaseOf(current)]);
  await stage.lifecycle.publishMap();
  await stage.lifecycle.writePointer();
  stage.clock.now += 2 * HOUR;
  stage.aws.calls.length = 0;
  return stage;
}

describe("runJanitor()", () => {
  it("retires an idle version in the order of the design", async () => {
    const stage = await stageWithIdleVersion();
    const order: string[] = [];
    let unroutedAt = 0;
    stage.aws.onCall = (phase, name, input) => {
      if (phase === "before") return;
      if (name === "ssm:PutParameter") {
        order.push("map");
        unroutedAt = stage.clock.now;
        expect(Object.keys(parseVersionMap(input.Value).versions)).toEqual([current]);
      }
      if (name === "ecs:UpdateService") {
        order.push("scale");
        expect(stage.clock.now - unroutedAt).toBeGreaterThanOrEqual(edgeForgetsAfterMs(stage.config));
      }
      if (name === "cloudformation:DeleteStack") order.push("delete");
      if (name === "s3:PutObject" && input.Key === "ledger.json")
        order.push(JSON.parse(input.Body).history.at(-1).event);
    };
    const report = await stage.run();
    expect(order).toEqual(["drain", "map", "unroute", "dismantle", "scale", "delete", "retire"]);
    expect(report).toMatchObject({ done: [{ kind: "retired", id: old }], postponed: [], failed: [] });
    expect((await stage.lifecycle.store.read()).versions[old]?.state).toBe("retired");
    expect(stage.aws.services.has(current)).toBe(true);
  });

  it("does nothing twice, and asks AWS no more than a constant number of times", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    stage.aws.calls.length = 0;
    const report = await stage.run();
    expect(report).toMatchObject({ done: [], postponed: [], failed: [] });
    expect(stage.aws.calls.filter((name) => /Put|Update|Delete/.test(name))).toEqual([]);
    expect(stage.aws.calls.length).toBeLessThan(20);
  });

  it("leaves current alone when two runs start at once, and both end the same", async () => {
    const stage = await stageWithIdleVersion();
    const reports = await Promise.all([stage.run(), stage.run()]);
    expect(reports.flatMap(({ failed }) => failed)).toEqual([]);
    const ledger = await stage.lifecycle.store.read();
    expect(ledger.versions[old]?.state).toBe("retired");
    expect(ledger.history.filter(({ event }) => event === "retire")).toHaveLength(1);
    expect(stage.aws.stacks.has(`shop-v-${current}`)).toBe(true);
  });

  it("lets a version alone that is promoted between the look and the act", async () => {
    const stage = await stageWithIdleVersion();
    let rolledBack = false;
    stage.aws.onCall = async (phase, name) => {
      if (phase !== "after" || name !== "cloudwatch:GetMetricData" || rolledBack) return;
      rolledBack = true;
      await stage.apply([{ type: "promote", id: old }]);
    };
    await stage.run();
    const ledger = await stage.lifecycle.store.read();
    expect(ledger.current).toBe(old);
    expect(ledger.versions[current]?.state).toBe("superseded");
    expect(stage.aws.stacks.size).toBe(2);
  });

  it("touches the tasks of a version only when nobody can bring it back any more", async () => {
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

  it("waits anew for a version that came back and left again while it waited", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run({ deadline: stage.clock.now }); // out of the map, not yet forgotten
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
    expect(stage.aws.services.get(old)?.desired).toBe(2);
  });

  it("takes nobody for idle who came back while it looked, superseded anew", async () => {
    const stage = await stageWithIdleVersion();
    let moved = false;
    stage.aws.onCall = async (phase, name) => {
      if (phase !== "after" || name !== "cloudwatch:GetMetricData" || moved) return;
      moved = true;
      stage.clock.now += 1;
      await stage.apply([
        { type: "promote", id: old },
        { type: "promote", id: current },
      ]);
    };
    await stage.run();
    expect((await stage.lifecycle.store.read()).versions[old]?.state).toBe("superseded");
  });

  it("goes on with the others when one version's stack cannot be deleted, and says which", async () => {
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

  it("leaves a wait that does not fit into its time to the next run", async () => {
    const stage = await stageWithIdleVersion();
    const report = await stage.run({ deadline: stage.clock.now });
    expect(report).toMatchObject({ done: [], postponed: [{ kind: "retirement", id: old, why: "edges" }] });
    expect((await stage.run()).done).toEqual([{ kind: "retired", id: old }]);
  });

  it("repairs a map and a pointer that a killed writer left behind", async () => {
    const stage = await stageWithIdleVersion();
    stage.aws.parameter = JSON.stringify({ r: 1, current: null, floor: null, suffix: "s", versions: {} });
    stage.aws.keys.set("current", old);
    await stage.run();
    expect(parseVersionMap(stage.aws.parameter!).current).toBe(current);
    expect(stage.aws.keys.get("current")).toBe(current);
  });

  it("removes what a killed release left, and its lease; a release that lives is not touched", async () => {
    const stage = await stageWithIdleVersion();
    await stage.make(fresh, []);
    await stage.lifecycle.leases.take(fresh);
    await stage.apply([deployOf(fresh)]);
    await stage.run();
    expect((await stage.lifecycle.store.read()).versions[fresh]?.state).toBe("deploying");
    stage.clock.now += HOUR; // nobody renewed it
    await stage.run();
    expect((await stage.lifecycle.store.read()).versions[fresh]?.state).toBe("retired");
    expect(stage.aws.stacks.has(`shop-v-${fresh}`)).toBe(false);
    await stage.run();
    expect([...(await stage.lifecycle.leases.list())]).toEqual([]);
  });

  it("takes a version that was published and never promoted through the map's wait too", async () => {
    const stage = await stageWithIdleVersion();
    await stage.make(fresh, []);
    await stage.lifecycle.leases.take(fresh);
    await stage.apply([
      deployOf(fresh),
      { type: "publish", id: fresh, targetGroupArn: targetGroupArnOf(fresh) },
    ]);
    await stage.lifecycle.publishMap();
    stage.clock.now += HOUR;
    const before = stage.clock.now;
    await stage.run();
    expect((await stage.lifecycle.store.read()).versions[fresh]?.state).toBe("retired");
    expect(stage.clock.now - before).toBeGreaterThanOrEqual(edgeForgetsAfterMs(stage.config));
  });
});

describe("runJanitor() and files", () => {
  it("deletes what only a retired version lists, after their lifetime, on all pages; shared ones stay", async () => {
    const stage = await stageWithIdleVersion();
    stage.aws.pageSize = 1;
    stage.aws.objects.set(`web/builds/${old}/robots.txt`, { body: "", etag: '"1"', at: 0, input: {} });
    await stage.run();
    expect(stage.files()).toContain("assets/old-2.js");
    stage.clock.now += DAY;
    await stage.run();
    expect(stage.files()).toEqual(["assets/new-3.js", "assets/shared-1.js", `builds/${current}/index.html`]);
    expect(Object.keys((await stage.lifecycle.store.read()).versions)).toEqual([current]);
    expect(await stage.lifecycle.manifests.read(old)).toBeUndefined();
  });

  it("keeps a file that a version in the making lists again", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    stage.clock.now += DAY;
    await stage.lifecycle.leases.take(fresh);
    await stage.make(fresh, ["old-2.js"]);
    await stage.apply([deployOf(fresh)]);
    await stage.run();
    expect(stage.files()).toContain("assets/old-2.js");
    expect(stage.files()).not.toContain(`builds/${old}/index.html`);
  });

  it("deletes nothing when a version appears while it reads the manifests", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    stage.clock.now += DAY;
    const before = stage.files();
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
    expect(stage.files()).toEqual([...before, `builds/${fresh}/index.html`].sort());
  });

  it("deletes beside nobody: a file that is up again after the first deletion is safe from a second", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    stage.clock.now += DAY;
    let second: Awaited<ReturnType<typeof stage.run>> | undefined;
    stage.aws.onCall = async (phase, name) => {
      if (phase !== "before" || second !== undefined || name !== "s3:DeleteObjects") return;
      stage.aws.onCall = undefined;
      second = await stage.run();
      // A release enters; that nobody is known to delete files is all that it waits for.
      const { versions } = await stage.lifecycle.store.read();
      if (Object.values(versions).some(({ filesDeletingAt }) => filesDeletingAt !== undefined)) return;
      await stage.lifecycle.leases.take(fresh);
      await stage.make(fresh, ["old-2.js"]);
      await stage.apply([deployOf(fresh)]);
    };
    const first = await stage.run();
    for (const id of Object.keys((await stage.lifecycle.store.read()).versions))
      expect(stage.files()).toEqual(
        expect.arrayContaining([...(await stage.lifecycle.manifests.read(id))!.keys()]),
      );
    expect(second!.postponed).toEqual([{ kind: "files", why: "busy" }]);
    expect(first.done).toEqual([{ kind: "deleted-files", ids: [old], count: 2 }]);
  });

  it("goes on with a deletion that was killed, when its run must be over", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    stage.clock.now += DAY;
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === "s3:DeleteObjects") throw new Killed();
    };
    await stage.run();
    stage.aws.onCall = undefined;
    expect((await stage.run()).postponed).toEqual([{ kind: "files", why: "busy" }]);
    stage.clock.now += 15 * 60_000;
    expect((await stage.run()).done).toEqual([{ kind: "deleted-files", ids: [old], count: 2 }]);
  });

  it("deletes nothing when a manifest cannot be found: unknown is not unlisted", async () => {
    const stage = await stageWithIdleVersion();
    await stage.run();
    stage.clock.now += DAY;
    await stage.lifecycle.manifests.remove(current);
    const before = stage.files();
    const report = await stage.run();
    expect(report.failed[0]?.message).toMatch(/manifest/);
    expect(stage.files()).toEqual(before);
  });
});

describe("runJanitor(), killed at every call to AWS", () => {
  /** Runs until nothing is left to do, as the schedule does. */
  async function settle(stage: Awaited<ReturnType<typeof stageWithIdleVersion>>) {
    for (let run = 0; run < 4; run++) {
      await stage.run();
      stage.clock.now += DAY;
    }
  }

  async function countCalls(): Promise<number> {
    const stage = await stageWithIdleVersion();
    await stage.run();
    stage.clock.now += DAY;
    await stage.run();
    return stage.aws.calls.length;
  }

  it.each(["before", "after"] as const)(
    "%s it: current stands, and the next runs finish the work",
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
          stage.clock.now += DAY;
          await stage.run().catch(() => undefined);
        }
        stage.aws.onCall = undefined;
        const ledger = await stage.lifecycle.store.read();
        expect(brokenInvariant(ledger), `killed at ${point}`).toBeUndefined();
        expect(ledger.current).toBe(current);
        expect(stage.aws.services.get(current)).toEqual({ desired: 2, running: 2 });
        // What the edge may route to runs.
        for (const id of Object.keys(parseVersionMap(stage.aws.parameter!).versions))
          expect(stage.aws.services.get(id)?.running, `killed at ${point}: ${id} is in the map`).toBe(2);
        await settle(stage);
        expect(Object.keys((await stage.lifecycle.store.read()).versions), `killed at ${point}`).toEqual([
          current,
        ]);
        expect([...stage.aws.stacks.keys()]).toEqual([`shop-v-${current}`]);
        expect(stage.files()).toEqual([
          "assets/new-3.js",
          "assets/shared-1.js",
          `builds/${current}/index.html`,
        ]);
        expect([...stage.aws.objects.keys()].filter((key) => key.startsWith("state/"))).toEqual(
          expect.arrayContaining(["state/ledger.json", `state/manifests/${current}.json`]),
        );
      }
    },
  );
});
