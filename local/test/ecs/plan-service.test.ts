import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PlannedTask, planService } from "../../src/services/ecs/keeper/plan-service.ts";

const LIMITS = { minimumHealthyPercent: 100, maximumPercent: 200 };

function task(id: string, changes: Partial<PlannedTask> = {}): PlannedTask {
  return { id, primary: true, healthy: true, failing: false, ...changes };
}

describe("planService()", () => {
  it("starts missing tasks", () => {
    expect(planService({ ...LIMITS, desiredCount: 3, tasks: [task("a")] })).toEqual({ start: 2, stop: [] });
  });

  it("replaces a failing task", () => {
    const tasks = [task("a"), task("b", { failing: true, healthy: false })];
    expect(planService({ ...LIMITS, desiredCount: 2, tasks })).toEqual({
      start: 1,
      stop: [{ id: "b", why: "failing" }],
    });
  });

  it("keeps old tasks until new ones are healthy", () => {
    const old = task("old", { primary: false });
    const young = task("new", { healthy: false });
    expect(planService({ ...LIMITS, desiredCount: 1, tasks: [old, young] }).stop).toEqual([]);
    expect(planService({ ...LIMITS, desiredCount: 1, tasks: [old, task("new")] }).stop).toEqual([
      { id: "old", why: "replaced" },
    ]);
  });

  it("never goes below the minimum on its own, nor above the maximum, and reaches the desired state", () => {
    const situation = fc.record({
      desiredCount: fc.nat(8),
      tasks: fc.array(fc.record({ primary: fc.boolean(), healthy: fc.boolean() }), { maxLength: 12 }),
    });
    fc.assert(
      fc.property(situation, ({ desiredCount, tasks: given }) => {
        let tasks = given.map((one, index) => task(`t${index}`, one));
        let next = 0;
        for (let round = 0; round < 40; round++) {
          const plan = planService({ ...LIMITS, desiredCount, tasks });
          const before = tasks.filter(({ healthy }) => healthy).length;
          const stopped = new Set(plan.stop.map(({ id }) => id));
          const kept = tasks.filter(({ id }) => !stopped.has(id));
          const healthy = kept.filter((one) => one.healthy).length;
          expect(healthy).toBeGreaterThanOrEqual(Math.min(before, desiredCount));
          if (plan.start > 0)
            expect(kept.length + plan.start).toBeLessThanOrEqual(Math.max(desiredCount * 2, tasks.length));
          const started = Array.from({ length: plan.start }, () => task(`n${next++}`, { healthy: false }));
          tasks = [...kept.map((one) => ({ ...one, healthy: true })), ...started];
        }
        expect(tasks.map(({ primary }) => primary)).toEqual(Array.from({ length: desiredCount }, () => true));
      }),
    );
  });
});
