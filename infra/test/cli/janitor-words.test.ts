import { describe, expect, it } from "vitest";
import { describePlan, describeReport } from "../../src/cli/janitor-words.ts";
import type { Costs } from "../../src/janitor/cost.ts";
import type { RetirementPlan } from "../../src/janitor/plan-retirement.ts";
import { idOf } from "../lifecycle/samples.ts";

const HOUR = 3_600_000;
const [old, middle, current] = [idOf(1), idOf(2), idOf(3)] as const;
const start = new Date(2026, 10, 22, 10).getTime();

const costs: Costs = {
  monthly: { [old]: 9, [middle]: 18, [current]: 18 },
  total: 45,
  saved: 9,
  prices: "eu-west-1, 2026-11",
};
const plan: RetirementPlan = {
  actions: [{ do: "drain", id: old, code: "idle", reason: "last request 3 h ago, past its grace time" }],
  kept: [
    {
      id: middle,
      code: "in-use",
      reason: "last request 5 min ago, 0 open connections",
      until: start + 24 * HOUR,
      ifUnused: start + 4 * HOUR,
    },
    { id: current, code: "current", reason: "current" },
  ],
  upkeep: [
    { do: "lower-minimum", id: middle, fewest: 1, reason: "no connection to it is open" },
    { do: "announce", id: middle, endsAt: start + HOUR, reason: "its window ends" },
  ],
  orphans: [{ kind: "image", id: old, name: "sha256:1", reason: `the ledger knows no ${old}` }],
};
const nothing: RetirementPlan = { actions: [], kept: [], upkeep: [], orphans: [] };
const free: Costs = { monthly: {}, total: 0, saved: 0, prices: "eu-west-1, 2026-11" };

describe("the janitor's words", () => {
  it("say what would happen to each version and why, and what it costs", () => {
    expect(describePlan({ plan, costs, unread: ["tags: AccessDenied"] }, start).split("\n")).toEqual([
      "The janitor would act on 1 of 3 versions.",
      `  keep ${current}: current; about $18.00 a month`,
      `  keep ${middle}: last request 5 min ago, 0 open connections; retire at 14:00 if nobody uses it again; at most until 2026-11-23 10:00; about $18.00 a month`,
      `  retire ${old}: last request 3 h ago, past its grace time; saves about $9.00 a month`,
      `  lower the minimum of ${middle} to 1 task: no connection to it is open`,
      `  tell the pages of ${middle} that it ends at 11:00: its window ends`,
      `  remove image sha256:1: the ledger knows no ${old}`,
      "  not read: tags: AccessDenied",
      "Estimate: 3 versions cost about $45.00 a month; the plan saves $9.00 (Fargate prices of eu-west-1, 2026-11).",
      "",
    ]);
  });

  it("say when there is nothing to do, and no cost that is not known", () => {
    expect(describePlan({ plan: nothing, costs: free, unread: [] }, start)).toBe(
      "The janitor has nothing to do.\n",
    );
  });

  it.each([
    ["grace", "; retire at 14:00 if it stays so"],
    ["rollback", "; retire at 14:00 if it stays so"],
    ["files-kept", " until 14:00"],
    ["unknown", "; at most until 14:00"],
  ])("say of a version that is kept as %s until when", (code, words) => {
    const kept = [{ id: old, code, reason: "why", until: start + 4 * HOUR }];
    expect(describePlan({ plan: { ...nothing, kept }, costs: free, unread: [] }, start)).toContain(
      `keep ${old}: why${words}\n`,
    );
  });

  it.each([
    [{ done: [], postponed: [], failed: [] }, /found nothing to do/],
    [{ done: ["retired x"], postponed: ["y: waits"], failed: [] }, /1 done, 1 to be continued/],
    [{ done: [], postponed: [], failed: ["x: no"] }, /1 of its acts failed/],
  ])("say what a run came to: %j", (result, words) => {
    expect(describeReport({ mode: "act", plan, costs, ...result }, start)).toMatch(words);
  });

  it("say that a run in mode advise changed nothing", () => {
    const words = describeReport({ mode: "advise", plan, costs, done: [], postponed: [], failed: [] }, start);
    expect(words).toMatch(/changed nothing.*advise.*\n.*would act on 1 of 3/);
  });
});
