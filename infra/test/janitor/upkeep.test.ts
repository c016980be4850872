import { describe, expect, it } from "vitest";
import type { Capacity } from "../../src/janitor/evidence/capacity.ts";
import type { RequestEvidence } from "../../src/janitor/evidence/request-evidence.ts";
import { planUpkeep } from "../../src/janitor/plan/plan-upkeep.ts";
import { policyOf, type RetirementPolicy } from "../../src/janitor/plan/policy.ts";
import { idOf, ledgerAfter, releaseOf, sampleConfig } from "../lifecycle/samples.ts";
import { seriesAnswer } from "./metric-series.ts";
import { createStage } from "./stage.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const [old, current] = [idOf(1), idOf(2)] as const;
/** `old` was superseded at 0. */
const ledger = ledgerAfter([...releaseOf(old), ...releaseOf(current)]);
const on = (desired: number, more: Partial<Capacity> = {}): Capacity => ({
  desired,
  running: desired,
  fewest: 1,
  ...more,
});

interface Given {
  old?: Capacity;
  current?: Capacity;
  /** Open connections of `old`; "silent" if its service reports none, "unknown" if the metric cannot be read. */
  open?: number | "silent" | "unknown";
  now?: number;
  policy?: Partial<RetirementPolicy>;
  forRollback?: string[];
}

function evidenceOf(open: Given["open"]): RequestEvidence {
  if (open === "unknown") return { known: false, why: "no answer" };
  return { known: true, from: 0, perMinute: 3, ...(open !== "silent" && { open: open ?? 0 }) };
}

function changeOf(id: string, given: Given): string | undefined {
  const upkeep = planUpkeep([old, current], {
    ledger,
    requests: { [old]: evidenceOf(given.open), [current]: evidenceOf(0) },
    capacity: new Map([
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
  return one.do === "restore" ? `restore to ${one.tasks}, at least ${one.fewest}` : `minimum ${one.fewest}`;
}

describe("planUpkeep()", () => {
  it.each<[string, Given, string | undefined]>([
    ["holds no open connection", { old: on(4, { fewest: 3 }) }, "minimum 1"],
    ["has the smallest minimum already", { old: on(4) }, undefined],
    ["does not scale", { old: { desired: 4, running: 4 } }, undefined],
    ["holds an open connection", { old: on(4, { fewest: 3 }), open: 1 }, undefined],
    ["reports no connections", { old: on(4, { fewest: 3 }), open: "silent" }, undefined],
    ["has unknown use", { old: on(4, { fewest: 3 }), open: "unknown" }, undefined],
    ["is in its grace time", { old: on(4, { fewest: 3 }), now: HOUR - 1 }, undefined],
    ["is kept for a rollback", { old: on(4, { fewest: 3 }), forRollback: [old] }, undefined],
    ["was stopped by a janitor that raced a rollback", { old: on(0) }, "restore to 1, at least 1"],
  ])("plans for a superseded version that %s", (_, given, expected) => {
    expect(changeOf(old, given)).toBe(expected);
  });

  it.each<[string, Given, string | undefined]>([
    ["has the configured tasks", { current: on(2) }, undefined],
    ["has more tasks than configured", { current: on(9) }, undefined],
    ["was stopped by a janitor that raced a rollback", { current: on(0) }, "restore to 1, at least 1"],
    [
      "has fewer tasks than configured",
      { current: on(1), policy: { minTasks: 3 } },
      "restore to 3, at least 3",
    ],
    [
      "may scale below the configured minimum",
      { current: on(5), policy: { minTasks: 3 } },
      "restore to 5, at least 3",
    ],
  ])("plans for the current version that %s", (_, given, expected) => {
    expect(changeOf(current, given)).toBe(expected);
  });

  it("plans no change of tasks if they are unknown", () => {
    const policy = policyOf(sampleConfig());
    const input = {
      ledger,
      requests: {},
      capacity: undefined,
      policy,
      forRollback: new Set<string>(),
      now: 2 * HOUR,
    };
    expect(planUpkeep([old, current], input)).toEqual([]);
  });
});

describe("runJanitor() and tasks", () => {
  /** A few pages use `old`; its rollback time is over and its service reports no open connection. */
  async function stageInUse(open = 0) {
    const stage = await createStage();
    Object.assign(stage.config.api, { minTasks: 2 });
    await stage.make(old, []);
    await stage.make(current, []);
    await stage.apply([...releaseOf(old), ...releaseOf(current)]);
    await stage.time.skip(2 * HOUR);
    const now = stage.time.now();
    const minute = now - (now % MINUTE) - 3 * MINUTE;
    stage.aws.metrics = seriesAnswer({
      [`RequestCount ${old}`]: { [minute]: 1 },
      [`OpenConnections ${old}`]: { [minute]: open },
      [`InFlight ${old}`]: { [minute]: 0 },
      [`RequestCount ${current}`]: { [minute]: 1000 },
    });
    await stage.aws.scale(old, 4);
    await stage.aws.putFewest(old, 2);
    await stage.aws.putFewest(current, 2);
    return stage;
  }
  const fewestAndDesired = async (stage: Awaited<ReturnType<typeof stageInUse>>, id: string) => [
    await stage.aws.fewestOf(id),
    (await stage.aws.tasksOf(id))!.desired,
  ];

  it("lowers the minimum of a superseded version once, and leaves its tasks to auto scaling", async () => {
    const stage = await stageInUse();
    expect((await stage.run()).done).toEqual([
      {
        kind: "lowered-minimum",
        id: old,
        fewest: 1,
        reason: "it is superseded and no connection to it is open",
      },
    ]);
    expect(await fewestAndDesired(stage, old)).toEqual([1, 4]);
    expect(await fewestAndDesired(stage, current)).toEqual([2, 2]);
    expect((await stage.run()).done).toEqual([]);
  });

  it("does not change a version with an open connection", async () => {
    const stage = await stageInUse(5);
    expect((await stage.run()).done).toEqual([]);
    expect(await fewestAndDesired(stage, old)).toEqual([2, 4]);
  });

  it.each(["before", "after"] as const)(
    "restores the minimum if a rollback comes %s it is lowered",
    async (when) => {
      const stage = await stageInUse();
      let rolledBack = false;
      stage.aws.onCall = async (phase, name, input) => {
        if (phase !== when || name !== "application-autoscaling:RegisterScalableTarget" || rolledBack) return;
        expect(input.ResourceId).toBe(`service/shop/${old}`);
        rolledBack = true;
        await stage.apply([{ type: "promote", id: old }]);
      };
      const { failed } = await stage.run();
      expect([failed, rolledBack]).toEqual([[], true]);
      expect(await fewestAndDesired(stage, old)).toEqual([2, 4]);
    },
  );

  it("leaves tasks alone if they cannot be read, and reports the failure", async () => {
    const stage = await stageInUse();
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === "application-autoscaling:DescribeScalableTargets")
        throw new Error("AccessDenied");
    };
    expect(await stage.run()).toMatchObject({
      done: [],
      failed: [{ what: "tasks and scaling", message: "AccessDenied" }],
    });
    expect(await fewestAndDesired(stage, old)).toEqual([2, 4]);
  });
});
