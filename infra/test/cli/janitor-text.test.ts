import { describe, expect, it } from "vitest";
import { planText, reportText } from "../../src/cli/view/janitor-text.ts";
import type { RetirementPlan } from "../../src/janitor/plan/plan-retirement.ts";
import type { Costs } from "../../src/janitor/report/cost.ts";
import { emptyOutcome, type Outcome } from "../../src/janitor/report/outcome.ts";
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
  orphans: [{ kind: "image", id: old, name: "sha256:1", reason: `${old} is not in the ledger` }],
};
const nothing: RetirementPlan = { actions: [], kept: [], upkeep: [], orphans: [] };
const free: Costs = { monthly: {}, total: 0, saved: 0, prices: "eu-west-1, 2026-11" };

describe("planText()", () => {
  it("shows what would happen to each version and why, the other actions, and the costs", () => {
    const unread = [{ what: "tagged resources", message: "AccessDenied" }];
    expect(planText({ plan, costs, unread }, start).split("\n")).toEqual([
      "The janitor would act on 1 of 3 versions and perform 3 other actions.",
      `  keep ${current}: current; about $18.00 a month`,
      `  keep ${middle}: last request 5 min ago, 0 open connections; retires at 14:00 if it is not used again; expires at 2026-11-23 10:00; about $18.00 a month`,
      `  retire ${old}: last request 3 h ago, past its grace time; saves about $9.00 a month`,
      `  lower the minimum of ${middle} to 1 task: no connection to it is open`,
      `  warn the pages of ${middle} that it expires at 11:00: its window ends`,
      `  remove image sha256:1: ${old} is not in the ledger`,
      "  could not read tagged resources: AccessDenied",
      "Estimate: 3 versions cost about $45.00 a month; the plan saves $9.00 (Fargate prices of eu-west-1, 2026-11).",
      "",
    ]);
  });

  it("shows no costs if they are unknown, and says that there is nothing to do", () => {
    expect(planText({ plan: nothing, costs: free, unread: [] }, start)).toBe(
      "The janitor has nothing to do.\n",
    );
  });

  it("shows the cost of a single version", () => {
    const costs = { ...free, monthly: { [old]: 9 }, total: 9 };
    expect(planText({ plan: nothing, costs, unread: [] }, start)).toContain(
      "Estimate: 1 version costs about $9.00",
    );
  });

  it("counts the other actions if no version is retired", () => {
    const upkeep = plan.upkeep.slice(0, 1);
    const text = planText({ plan: { ...nothing, kept: plan.kept, upkeep }, costs: free, unread: [] }, start);
    expect(text).toMatch(/^The janitor would act on 0 of 2 versions and perform 1 other action\.\n/);
  });

  it.each([
    ["grace", "; retires at 14:00 if it stays idle"],
    ["rollback", "; retires at 14:00 if it stays idle"],
    ["files-kept", " until 14:00"],
    ["unknown", "; expires at 14:00"],
  ])("shows how long a version is kept, for the code %s", (code, words) => {
    const kept = [{ id: old, code, reason: "why", until: start + 4 * HOUR }];
    expect(planText({ plan: { ...nothing, kept }, costs: free, unread: [] }, start)).toContain(
      `keep ${old}: why${words}\n`,
    );
  });
});

describe("reportText()", () => {
  const textOf = (outcome: Partial<Outcome>, mode: "act" | "advise" = "act") =>
    reportText({ mode, plan, costs, ...emptyOutcome(), ...outcome }, start);

  it("says that the janitor found nothing to do", () => {
    expect(textOf({})).toMatch(/^The janitor ran and found nothing to do\.\n/);
  });

  it("shows everything that was done and that the next run continues", () => {
    const text = textOf({
      done: [
        { kind: "retired", id: old },
        { kind: "announced", id: middle, endsAt: start + HOUR },
        { kind: "restored", id: current, tasks: 2, reason: "it has no task" },
        { kind: "lowered-minimum", id: middle, fewest: 1, reason: "no connection to it is open" },
        { kind: "deleted-files", ids: [old], count: 3 },
        { kind: "removed-orphan", orphan: "image", name: "sha256:1", reason: `${old} is not in the ledger` },
      ],
      postponed: [
        { kind: "retirement", id: middle, why: "edges" },
        { kind: "files", why: "busy" },
        { kind: "files", why: "raced" },
        { kind: "orphan", name: "arn:stack", why: "stack" },
      ],
    });
    expect(text.split("\n").slice(0, 11)).toEqual([
      "The janitor ran: 6 done, 4 to be continued by the next run.",
      `  done: retired ${old}`,
      `  done: warned the pages of ${middle} that it expires at 11:00`,
      `  done: scaled ${current} to 2 tasks: it has no task`,
      `  done: lowered the minimum of ${middle} to 1 task: no connection to it is open`,
      `  done: deleted 3 files of ${old}`,
      `  done: removed image sha256:1: ${old} is not in the ledger`,
      `  to be continued: ${middle}: edges may still route to it`,
      "  to be continued: files: another run may be deleting them",
      "  to be continued: files: a version was added in the meantime",
      "  to be continued: arn:stack: its stack is still being deleted",
    ]);
  });

  it("reports failures as failures, also when something was done", () => {
    const text = textOf({
      done: [{ kind: "retired", id: old }],
      failed: [{ what: middle, message: "Export is in use" }],
    });
    expect(text).toMatch(/^The janitor ran\. 1 action failed; the next run retries it\.\n/);
    expect(text).toContain(`  failed: ${middle}: Export is in use\n`);
  });

  it("reports events that were not sent", () => {
    const text = textOf({
      unsentEvents: [{ type: "Version Retired", version: old, message: "AccessDenied" }],
    });
    expect(text).toContain(`  event not sent: Version Retired of ${old}: AccessDenied\n`);
  });

  it("says that a run in mode advise changed nothing", () => {
    expect(textOf({}, "advise")).toMatch(/changed nothing.*advise.*\n.*would act on 1 of 3/);
  });
});
