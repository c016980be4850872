import { isRoutable, type Ledger } from "../lifecycle/ledger.ts";
import { livingCount } from "../lifecycle/slots.ts";
import type { Look } from "./look.ts";
import { METRIC_NAMESPACE } from "./metric-names.ts";
import type { JanitorReport } from "./run-janitor.ts";

/** What a run tells as metrics. */
export interface Figures {
  /** Versions that hold a slot. */
  livingVersions: number;
  retired: number;
  /** Why what would have gone did not: `unknown` (a metric could not be read), `waiting` (begun, and goes on at the next run). */
  postponed: Record<string, number>;
  errors: number;
  /** Age of the oldest version that the edge may route to, in seconds. */
  oldestSeconds: number;
  /** How long the one that drains longest has, in seconds; 0 when none does. */
  drainingSeconds: number;
  /** US dollars; an estimate. */
  monthlyUsd: number;
}

/**
 * @param ledger as it is after the run
 * @param now milliseconds since the epoch
 */
export function figuresOf(
  ledger: Ledger,
  { plan, costs }: Pick<Look, "plan" | "costs">,
  { done, postponed, failed }: Pick<JanitorReport, "done" | "postponed" | "failed">,
  now: number,
): Figures {
  const versions = Object.values(ledger.versions);
  const longest = (since: (number | undefined)[]) =>
    Math.max(0, ...since.map((at) => (at === undefined ? 0 : Math.round((now - at) / 1000))));
  return {
    livingVersions: livingCount(ledger),
    retired: done.filter((text) => text.startsWith("retired ")).length,
    postponed: {
      unknown: plan.kept.filter(({ code }) => code === "unknown").length,
      waiting: postponed.length,
    },
    errors: failed.length,
    oldestSeconds: longest(
      versions.filter(({ state }) => isRoutable(state)).map(({ createdAt }) => createdAt),
    ),
    drainingSeconds: longest(
      versions.filter(({ state }) => state === "draining").map(({ drainingAt }) => drainingAt),
    ),
    monthlyUsd: Object.entries(costs.monthly)
      .filter(([id]) => ledger.versions[id]?.slot !== undefined)
      .reduce((total, [, cost]) => total + cost, 0),
  };
}

/** The metrics of a run, by the name under which CloudWatch has them, with the dimension `App`. */
export const JANITOR_METRICS = {
  LivingVersions: "Count",
  Retired: "Count",
  Errors: "Count",
  OldestVersionAge: "Seconds",
  LongestDraining: "Seconds",
  MonthlyEstimate: "None",
} as const;

/**
 * Figures as lines of CloudWatch's embedded metric format: CloudWatch makes metrics of them out of the function's log, with no
 * call and no permission. `Postponed` has the dimension `Reason` too.
 */
export function metricLines(app: string, figures: Figures, now: number): string[] {
  const values: Record<keyof typeof JANITOR_METRICS, number> = {
    LivingVersions: figures.livingVersions,
    Retired: figures.retired,
    Errors: figures.errors,
    OldestVersionAge: figures.oldestSeconds,
    LongestDraining: figures.drainingSeconds,
    MonthlyEstimate: Number(figures.monthlyUsd.toFixed(2)),
  };
  const units = Object.entries(JANITOR_METRICS).map(([Name, Unit]) => ({ Name, Unit }));
  return [
    metricLine({ App: app }, units, values, now),
    ...Object.entries(figures.postponed).map(([Reason, Postponed]) =>
      metricLine({ App: app, Reason }, [{ Name: "Postponed", Unit: "Count" }], { Postponed }, now),
    ),
  ];
}

function metricLine(
  dimensions: Record<string, string>,
  Metrics: { Name: string; Unit: string }[],
  values: Record<string, number>,
  Timestamp: number,
): string {
  const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [Object.keys(dimensions)], Metrics };
  return JSON.stringify({ _aws: { Timestamp, CloudWatchMetrics: [directive] }, ...dimensions, ...values });
}
