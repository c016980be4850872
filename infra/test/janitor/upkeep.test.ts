import { describe, expect, it } from "vitest";
import { planUpkeep } from "../../src/janitor/plan-upkeep.ts";
import { policyOf, type RetirementPolicy } from "../../src/janitor/policy.ts";
import type { RunsOn } from "../../src/janitor/resources.ts";
import { idOf, ledgerAfter, releaseOf, sampleConfig } from "../lifecycle/samples.ts";
import { seriesAnswer } from "./metric-series.ts";
import { createStage } from "./stage.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const [old, current] = [idOf(1), idOf(2)] as const;
/** `old` was superseded at 0. */
const ledger = ledgerAfter([...releaseOf(old), ...releaseOf(current)]);
const on = (desired: number, more: Partial<RunsOn> = {}): RunsOn => ({
  desired,
  running: desired,
  fewest: 1,
  capacity: "FARGATE",
  ...more,
});

interface Given {
  old?: RunsOn;
  current?: RunsOn;
  /** Requests a minute; absent when unknown. */
  load?: { old?: number; current?: number };
  now?: number;
  policy?: Partial<RetirementPolicy>;
  forRollback?: string[];
}

function tasksOf(id: string, given: Given): string | undefined {
  const evidence = (perMinute: number | undefined) =>
    perMinute === undefined
      ? ({ known: false, why: "no" } as const)
      : { known: true as const, from: 0, perMinute };
  const upkeep = planUpkeep([old, current], {
    ledger,
    requests: { [old]: evidence(given.load?.old), [current]: evidence(given.load?.current) },
    runsOn: new Map([
      [old, given.old ?? on(1)],
      [current, given.current ?? on(2)],
    ]),
    policy: { ...policyOf(sampleConfig()), ...given.policy },
    forRollback: new Set(given.forRollback),
    now: given.now ?? 2 * HOUR,
  });
  const [one, ...more] = upkeep.filter((upkeep) => upkeep.id === id && upkeep.do !== "announce");
  expect(more).toEqual([]);
  if (one === undefined || one.do === "announce") return undefined;
  return one.do === "move-to-spot" ? one.do : `${one.do} to ${one.tasks}, at least ${one.fewest}`;
}

describe("planUpkeep()", () => {
  it.each<[string, Given, string | undefined]>([
    ["bears little", { old: on(4), load: { old: 10, current: 200 } }, "shrink to 1, at least 1"],
    ["bears half of current's", { old: on(4), load: { old: 300, current: 200 } }, "shrink to 3, at least 1"],
    ["bears what it runs for", { old: on(4), load: { old: 390, current: 200 } }, undefined],
    [
      "bears more than that: scaling by CPU sees to it",
      { old: on(2), load: { old: 900, current: 200 } },
      undefined,
    ],
    ["bears nothing", { old: on(4), load: { old: 0 } }, "shrink to 1, at least 1"],
    [
      "could not go below what current needs",
      { old: on(1, { fewest: 3 }), load: { old: 0 } },
      "shrink to 1, at least 1",
    ],
    ["is asked for, and current is not", { old: on(4), load: { old: 10, current: 0 } }, undefined],
    ["has unknown use", { old: on(4), load: { current: 200 } }, undefined],
    ["is in its grace time", { old: on(4), load: { old: 0 }, now: HOUR - 1 }, undefined],
    ["is kept for a rollback", { old: on(4), load: { old: 0 }, forRollback: [old] }, undefined],
    ["runs on demand, and Spot is wanted", { load: { old: 0 }, policy: { spot: true } }, "move-to-spot"],
    [
      "runs on Spot already",
      { old: on(1, { capacity: "FARGATE_SPOT" }), load: { old: 0 }, policy: { spot: true } },
      undefined,
    ],
    ["was stopped by a janitor that raced a rollback", { old: on(0) }, "restore to 1, at least 1"],
  ])("of a superseded version that %s", (_, given, expected) => {
    expect(tasksOf(old, given)).toBe(expected);
  });

  it.each<[string, Given, string | undefined]>([
    ["runs as it should", { current: on(2) }, undefined],
    ["has more tasks than it must", { current: on(9), load: { current: 0 } }, undefined],
    ["was stopped by a janitor that raced a rollback", { current: on(0) }, "restore to 1, at least 1"],
    [
      "has fewer tasks than configured",
      { current: on(1), policy: { minTasks: 3 } },
      "restore to 3, at least 3",
    ],
    [
      "may scale below what is configured",
      { current: on(5), policy: { minTasks: 3 } },
      "restore to 5, at least 3",
    ],
    ["came back from Spot", { current: on(2, { capacity: "FARGATE_SPOT" }) }, "restore to 2, at least 1"],
  ])("of the current version that %s", (_, given, expected) => {
    expect(tasksOf(current, given)).toBe(expected);
  });

  it("plans nothing about tasks when it is not known what runs", () => {
    const policy = policyOf(sampleConfig());
    const input = {
      ledger,
      requests: {},
      runsOn: undefined,
      policy,
      forRollback: new Set<string>(),
      now: 2 * HOUR,
    };
    expect(planUpkeep([old, current], input)).toEqual([]);
  });
});

describe("runJanitor() and tasks", () => {
  /** `old` is in use by few, and its rollback time is over. */
  async function stageInUse(api: object = {}) {
    const stage = createStage();
    Object.assign(stage.config.api, api);
    await stage.make(old, []);
    await stage.make(current, []);
    await stage.apply([...releaseOf(old), ...releaseOf(current)]);
    stage.clock.now += 2 * HOUR;
    const { now } = stage.clock;
    const minute = now - (now % MINUTE) - 3 * MINUTE;
    stage.aws.metrics = seriesAnswer({
      [`RequestCount ${old}`]: { [minute]: 1 },
      [`RequestCount ${current}`]: { [minute]: 1000 },
    });
    stage.aws.services.set(old, { desired: 4, running: 4 });
    return stage;
  }
  const fewestAndDesired = (stage: Awaited<ReturnType<typeof stageInUse>>, id: string) => [
    stage.aws.fewest.get(id),
    stage.aws.services.get(id)!.desired,
  ];

  it("shrinks a superseded version, its scaling too, and then has nothing to do", async () => {
    const stage = await stageInUse({ minTasks: 2 });
    expect((await stage.run()).done).toEqual([`shrank ${old}: its traffic needs 1 task of 4`]);
    expect(fewestAndDesired(stage, old)).toEqual([1, 1]);
    expect(fewestAndDesired(stage, current)[1]).toBe(2);
    expect((await stage.run()).done).toEqual([]);
  });

  it.each(["before", "after"] as const)(
    "harms no rollback that comes %s it shrinks: current has its tasks, by the next run at the latest",
    async (when) => {
      const stage = await stageInUse();
      let rolledBack = false;
      stage.aws.onCall = async (phase, name, input) => {
        if (phase !== when || name !== "ecs:UpdateService" || input.service !== old || rolledBack) return;
        rolledBack = true;
        await stage.apply([{ type: "promote", id: old }]);
      };
      const { failed } = await stage.run();
      expect([failed, rolledBack]).toEqual([[], true]);
      expect(stage.aws.services.get(old)!.desired).toBe(4);
      await stage.run();
      expect(fewestAndDesired(stage, old)).toEqual([1, 4]);
    },
  );

  it("moves to Spot what is superseded, and back what is current again", async () => {
    const stage = await stageInUse({ spotWhenSuperseded: true });
    await stage.run();
    await stage.run();
    expect([...stage.aws.spot]).toEqual([old]);
    await stage.apply([{ type: "promote", id: old }]);
    await stage.run();
    expect(stage.aws.spot.has(old)).toBe(false);
  });

  it("goes on without it when it cannot be read what runs, and says so", async () => {
    const stage = await stageInUse();
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === "autoscaling:DescribeScalableTargets")
        throw new Error("AccessDenied");
    };
    expect(await stage.run()).toMatchObject({ done: [], failed: ["what versions run on: AccessDenied"] });
    expect(stage.aws.services.get(old)!.desired).toBe(4);
  });
});
