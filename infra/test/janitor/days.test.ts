import { parseVersionMap } from "@lockstep/edge/version-map";
import { describe, expect, it } from "vitest";
import { brokenInvariant } from "../../src/lifecycle/ledger.ts";
import { deployOf, idOf, releaseOf, targetGroupArnOf } from "../lifecycle/samples.ts";
import { Killed } from "../support/open-aws.ts";
import { type Series, seriesAnswer } from "./metric-series.ts";
import { createStage } from "./stage.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const [old, current, fresh] = [idOf(1), idOf(2), idOf(3)] as const;

type Stage = Awaited<ReturnType<typeof openDay>>;

/** `old` has just been superseded and has an open page. The janitor runs every five minutes. */
async function openDay(change: Parameters<typeof createStage>[0] = {}) {
  const stage = await createStage(change);
  await stage.make(old, ["a-1.js"]);
  await stage.make(current, ["b-2.js"]);
  await stage.time.pass(MINUTE - (stage.time.now() % MINUTE));
  await stage.apply([...releaseOf(old), ...releaseOf(current)]);
  await stage.lifecycle.publishMap();
  await stage.lifecycle.writePointer();
  const series: Series = {};
  stage.aws.metrics = seriesAnswer(series);
  const supersededAt = stage.time.now();
  return {
    ...stage,
    /** Records a metric of this minute. */
    note(metric: string, value: number) {
      const name = `${metric} ${old}`;
      series[name] = { ...series[name], [stage.time.now()]: value };
    },
    /** Calls `each` every minute until `wanted` is true. @returns minutes since `old` was superseded */
    async until(wanted: () => Promise<boolean>, each: (minute: number) => unknown, atMost = 30 * 60) {
      for (let minute = minutes(); minute < atMost; minute = minutes()) {
        await each(minute);
        if (minute % 5 === 0) await stage.run();
        if (await wanted()) return minute;
        await stage.time.skip(supersededAt + (minute + 1) * MINUTE - stage.time.now());
      }
      return atMost;
    },
    stateOf: async (id: string) => (await stage.lifecycle.store.read()).versions[id]?.state,
    status: async () => JSON.parse((await stage.aws.keys()).get("status")!),
  };
  function minutes(): number {
    return Math.round((stage.time.now() - supersededAt) / MINUTE);
  }
}

const isRetired = (stage: Stage) => async () => (await stage.stateOf(old)) === "retired";
const never = async () => false;

describe("a day of the janitor", () => {
  it("keeps a version with an open WebSocket and no requests, and retires it after the WebSocket closes", async () => {
    const stage = await openDay();
    const closesAt = 5 * 60;
    const retiredAt = await stage.until(isRetired(stage), (minute) => {
      if (minute < closesAt) stage.note("OpenConnections", 1);
      if (minute === closesAt) stage.note("OpenConnections", 0);
    });
    // The idle time of 30 minutes and the lag of two, by the next run.
    expect(retiredAt).toBe(closesAt + 35);
  });

  it("keeps a version with heartbeats only, and retires it after the tab closes", async () => {
    const stage = await openDay();
    const retiredAt = await stage.until(isRetired(stage), (minute) => {
      if (minute < 180 && minute % 5 === 0) stage.note("RequestCount", 1);
    });
    expect(retiredAt).toBe(175 + 35);
  });

  it("retires nothing while metrics cannot be read, and continues when they can", async () => {
    const stage = await openDay();
    const answer = stage.aws.metrics!;
    stage.aws.metrics = () => {
      throw new Error("Rate exceeded");
    };
    await stage.until(never, () => {}, 8 * 60);
    expect(await stage.stateOf(old)).toBe("superseded");
    stage.aws.metrics = answer;
    await stage.run();
    expect(await stage.stateOf(old)).toBe("retired");
  });

  it("keeps a version whose service stopped reporting with connections open, until the window ends", async () => {
    const stage = await openDay();
    const retiredAt = await stage.until(isRetired(stage), (minute) => {
      if (minute < 60) stage.note("OpenConnections", 1);
    });
    expect(retiredAt).toBe(24 * 60);
  });

  it("retires a version in use when its window ends, ten minutes after warning its pages", async () => {
    const stage = await openDay();
    let warnedAt: number | undefined;
    const retiredAt = await stage.until(isRetired(stage), async (minute) => {
      stage.note("RequestCount", 9);
      const endsAt = (await stage.status()).ending[old];
      if (endsAt === undefined) return;
      warnedAt ??= minute;
      expect(endsAt * 1000).toBe(stage.time.now() + (24 * 60 - minute) * MINUTE);
    });
    expect(retiredAt).toBe(24 * 60);
    expect(retiredAt - warnedAt!).toBeGreaterThanOrEqual(10);
    expect((await stage.status()).ending).toEqual({});
  });

  it("keeps the tasks of a draining version that a rollback revives", async () => {
    const stage = await openDay();
    await stage.time.skip(2 * HOUR);
    let revived = false;
    stage.aws.onCall = async (phase, _, input) => {
      const unrouted =
        phase === "after" && input.Key === "ledger.json" && /"unroute"/.test(String(input.Body));
      if (!unrouted || revived) return;
      revived = true;
      await stage.apply([{ type: "revive", id: old }]);
    };
    const { postponed, failed } = await stage.run();
    expect([postponed, failed]).toEqual([[{ kind: "retirement", id: old, why: "revived" }], []]);
    expect(await stage.stateOf(old)).toBe("superseded");
    expect(await stage.aws.tasksOf(old)).toEqual({ desired: 2, running: 2 });
    await stage.run();
    expect(parseVersionMap(await stage.aws.map()).versions).toHaveProperty(old);
    expect(await stage.aws.stacks()).toContain(`shop-v-${old}`);
  });

  it("never harms a release that runs at the same time, however long it takes", async () => {
    const stage = await openDay();
    const lease = await stage.lifecycle.leases.take(fresh);
    await stage.aws.pushImage(fresh);
    await stage.lifecycle.manifests.write(fresh, new Map());
    const renew = () => lease!.renew();
    await renew();
    await stage.run();
    await stage.make(fresh, ["b-2.js"]);
    await stage.apply([deployOf(fresh)]);
    await stage.time.skip(3 * HOUR);
    await renew();
    await stage.run();
    await stage.apply([{ type: "publish", id: fresh, targetGroupArn: targetGroupArnOf(fresh) }]);
    await stage.time.skip(26 * HOUR);
    await renew();
    await stage.run();
    expect(await stage.stateOf(fresh)).toBe("published");
    expect(await stage.aws.images()).toContainEqual([fresh]);
    expect(await stage.aws.tasksOf(fresh)).toEqual({ desired: 2, running: 2 });
    expect(await stage.files()).toContain(`builds/${fresh}/index.html`);
    expect(await stage.lifecycle.manifests.read(fresh)).toBeDefined();
  });

  it("plans 80 versions in one run without a call per version", async () => {
    const stage = await openDay({ protection: { maxVersions: 90 } });
    const ids = Array.from({ length: 78 }, (_, n) => idOf(n + 10));
    for (const id of ids) {
      await stage.make(id, []);
      await stage.apply([...releaseOf(id), { type: "promote", id: current }]);
    }
    await stage.lifecycle.publishMap();
    await stage.lifecycle.writePointer();
    stage.aws.calls.length = 0;
    const { plan, done, failed } = await stage.run();
    expect([plan.kept.length, done, failed]).toEqual([80, [], []]);
    const count = (name: string) => stage.aws.calls.filter((call) => call === name).length;
    expect(count("monitoring:GetMetricData")).toBe(1);
    expect(count("ecs:DescribeServices")).toBe(8);
    expect(stage.aws.calls.length).toBeLessThan(30);
  });
});

describe("janitor.mode", () => {
  it("advise plans the same and changes nothing", async () => {
    const stage = await openDay({ janitor: { mode: "advise" } });
    await stage.time.skip(2 * HOUR);
    await stage.aws.putMap("damaged");
    stage.aws.calls.length = 0;
    const { mode, plan, done } = await stage.run();
    expect([mode, done]).toEqual(["advise", []]);
    expect(plan.actions).toMatchObject([{ do: "drain", id: old, code: "idle" }]);
    expect(stage.aws.calls.length).toBeGreaterThan(5);
    expect(stage.aws.calls.filter((name) => /Put|Update|Delete|Register/.test(name))).toEqual([]);
    expect(await stage.aws.map()).toBe("damaged");
    expect(await stage.stateOf(old)).toBe("superseded");
  });
});

describe("runJanitor() with everything to do, killed at every call to AWS", () => {
  /** A version to retire, a version to warn and to scale, and two orphans. */
  async function openEverything() {
    const stage = await openDay({
      protection: { rollbackVersions: 0, graceSeconds: 60, warnSeconds: 3600, windowSeconds: 7200 },
    });
    await stage.make(fresh, []);
    await stage.apply([...releaseOf(fresh), { type: "promote", id: current }]);
    await stage.time.skip(62 * MINUTE);
    const busy = stage.time.now() - 3 * MINUTE;
    stage.aws.metrics = seriesAnswer({
      [`RequestCount ${fresh}`]: { [busy]: 1 },
      [`OpenConnections ${fresh}`]: { [busy]: 0 },
      [`InFlight ${fresh}`]: { [busy]: 0 },
      [`RequestCount ${current}`]: { [busy]: 90 },
    });
    await stage.aws.putFewest(fresh, 2);
    await stage.aws.pushImage(idOf(9));
    await stage.aws.objects.put("web", `builds/${idOf(9)}/index.html`, "");
    stage.aws.calls.length = 0;
    return stage;
  }

  async function expectTheEnd(stage: Stage, when: string) {
    const ledger = await stage.lifecycle.store.read();
    expect(brokenInvariant(ledger), when).toBeUndefined();
    expect(
      Object.entries(ledger.versions).map(([id, { state }]) => [id, state]),
      when,
    ).toEqual([
      [old, "retired"],
      [current, "current"],
      [fresh, "superseded"],
    ]);
    expect(await Promise.all([old, current, fresh].map(stage.aws.tasksOf)), when).toEqual([
      undefined,
      { desired: 2, running: 2 },
      { desired: 2, running: 2 },
    ]);
    expect(await stage.aws.fewestOf(fresh), when).toBe(1);
    expect((await stage.status()).ending, when).toHaveProperty(fresh);
    expect(await stage.aws.images(), when).toEqual([["every-version"]]);
    expect(
      (await stage.files()).filter((key) => key.includes(idOf(9))),
      when,
    ).toEqual([]);
    expect(await stage.aws.stacks(), when).toEqual([`shop-v-${current}`, `shop-v-${fresh}`]);
  }

  it("has the same result once, twice, and in two runs at the same time", async () => {
    const [once, twice, both] = [await openEverything(), await openEverything(), await openEverything()];
    expect((await once.run()).failed).toEqual([]);
    await expectTheEnd(once, "once");
    await twice.run();
    expect((await twice.run()).done).toEqual([]);
    await expectTheEnd(twice, "twice");
    const reports = await Promise.all([both.run(), both.run()]);
    expect(reports.flatMap(({ failed }) => failed)).toEqual([]);
    await expectTheEnd(both, "two at once");
  });

  it.each(["before", "after"] as const)("%s it: the next run has the same result", async (phase) => {
    const whole = await openEverything();
    await whole.run();
    const calls = whole.aws.calls.length;
    expect(calls).toBeGreaterThan(50);
    for (let point = 0; point < calls; point++) {
      const stage = await openEverything();
      let seen = 0;
      let dead = false;
      stage.aws.onCall = (at) => {
        if (dead || (at === phase && seen++ === point)) {
          dead = true;
          throw new Killed();
        }
      };
      await stage.run().catch(() => undefined);
      stage.aws.onCall = undefined;
      // Every version in the map has tasks.
      for (const id of Object.keys(parseVersionMap(await stage.aws.map()).versions))
        expect((await stage.aws.tasksOf(id))?.running, `killed at ${point}`).toBeGreaterThan(0);
      await stage.run();
      await expectTheEnd(stage, `killed ${phase} call ${point}`);
    }
  });
});
