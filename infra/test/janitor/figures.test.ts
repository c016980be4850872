import { describe, expect, it } from "vitest";
import type { Capacity } from "../../src/janitor/evidence/capacity.ts";
import { costsOf } from "../../src/janitor/report/cost.ts";
import { metricLines } from "../../src/janitor/report/figures.ts";
import { idOf, releaseOf, sampleConfig } from "../lifecycle/samples.ts";
import { createStage } from "./stage.ts";

const HOUR = 3_600_000;
const [old, current, fresh] = [idOf(1), idOf(2), idOf(3)] as const;

async function stageOfThree() {
  const stage = await createStage();
  for (const id of [old, fresh, current]) {
    await stage.make(id, []);
    await stage.apply(releaseOf(id));
  }
  await stage.lifecycle.publishMap();
  return stage;
}

describe("figuresOf() and metricLines()", () => {
  it("count living, retired, waiting and failed versions, ages and costs", async () => {
    const stage = await stageOfThree();
    await stage.time.skip(2 * HOUR);
    stage.aws.onCall = (phase, name, input) => {
      if (phase === "before" && name === "cloudformation:DeleteStack" && input.StackName.endsWith(old))
        throw new Error("Export is in use");
    };
    const { figures } = await stage.run();
    expect(figures).toMatchObject({
      livingVersions: 2,
      retired: 1,
      postponed: { unknown: 0, waiting: 0 },
      errors: 1,
      // And 7 s for the edges, 2 s for the tasks and the stack of the other version.
      oldestSeconds: 7200 + 9,
      drainingSeconds: 9,
    });
    expect(figures.monthlyUsd).toBeGreaterThan(0);
    await stage.time.skip(HOUR);
    expect((await stage.run()).figures.drainingSeconds).toBeGreaterThanOrEqual(3600);
  });

  it("count versions whose use is unknown", async () => {
    const stage = await stageOfThree();
    await stage.time.skip(2 * HOUR);
    stage.aws.metrics = () => {
      throw new Error("Rate exceeded");
    };
    expect((await stage.run()).figures.postponed).toEqual({ unknown: 2, waiting: 0 });
  });

  it("write the embedded metric format, with the reason as a dimension", () => {
    const figures = {
      livingVersions: 3,
      retired: 1,
      postponed: { unknown: 2, waiting: 0 },
      errors: 0,
      oldestSeconds: 60,
      drainingSeconds: 0,
      monthlyUsd: 27.034,
    };
    const [main, ...reasons] = metricLines("shop", figures, 90_000).map((line) => JSON.parse(line));
    expect(main).toMatchObject({ App: "shop", LivingVersions: 3, Retired: 1, MonthlyEstimate: 27.03 });
    expect(main._aws.Timestamp).toBe(90_000);
    const named = main._aws.CloudWatchMetrics[0].Metrics.map(({ Name }: { Name: string }) => Name);
    expect(named.every((name: string) => typeof main[name] === "number")).toBe(true);
    expect(reasons).toMatchObject([
      { App: "shop", Reason: "unknown", Postponed: 2 },
      { App: "shop", Reason: "waiting", Postponed: 0 },
    ]);
    expect(reasons[0]._aws.CloudWatchMetrics[0].Dimensions).toEqual([["App", "Reason"]]);
  });
});

describe("costsOf()", () => {
  const on = (tasks: number, more: Partial<Capacity> = {}): Capacity => ({
    desired: tasks,
    running: tasks,
    ...more,
  });
  const config = sampleConfig(); // a quarter of a vCPU and half a gigabyte, in eu-west-1
  const costs = (capacity: [string, Capacity][], region = "eu-west-1") =>
    costsOf(
      new Map(capacity),
      { actions: [{ do: "drain", id: old, code: "idle", reason: "" }] },
      { ...config, region },
    );

  it("adds up vCPU, memory and address of every task for a month", () => {
    const month = (0.25 * 0.04048 + 0.5 * 0.004445 + 0.005) * 730;
    const { monthly, total, saved, prices } = costs([
      [old, on(1)],
      [current, on(3)],
    ]);
    expect(monthly[old]).toBeCloseTo(month);
    expect(total).toBeCloseTo(4 * month);
    expect(saved).toBeCloseTo(month);
    expect(prices).toBe("eu-west-1, 2026-11");
  });

  it("counts tasks that still run although the desired count is lower", () => {
    expect(costs([[old, on(0, { running: 1 })]]).total).toBe(costs([[old, on(1)]]).total);
    expect(costs([[old, on(0)]]).total).toBe(0);
  });

  it("names the region whose prices are used for an unknown region", () => {
    expect(costs([], "ap-south-2").prices).toBe("eu-central-1, 2026-11");
  });

  it("returns no costs if the tasks are unknown", () => {
    const { monthly, total, saved } = costsOf(undefined, { actions: [] }, config);
    expect({ monthly, total, saved }).toEqual({ monthly: {}, total: 0, saved: 0 });
  });
});
