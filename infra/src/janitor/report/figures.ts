import { METRIC_NAMESPACE } from "@lockstep/edge/names";
import { JANITOR_METRICS } from "../../base/metric-names.ts";
import { isRoutable, type Ledger } from "../../lifecycle/ledger.ts";
import { livingCount } from "../../lifecycle/slots.ts";
import type { RetirementPlan } from "../plan/plan-retirement.ts";
import type { Costs } from "./cost.ts";
import type { Outcome } from "./outcome.ts";

/** The metrics of one run. */
export interface Figures {
  /** Versions that have a slot. */
  livingVersions: number;
  /** Versions that this run retired. */
  retired: number;
  /** By reason: `unknown` (a metric could not be read) and `waiting` (the next run continues). */
  postponed: Record<string, number>;
  errors: number;
  /** Age in seconds of the oldest version that the edge may route to. */
  oldestSeconds: number;
  /** Seconds since the version that has been draining longest began to drain; 0 if none drains. */
  drainingSeconds: number;
  /** Estimated cost per month in US dollars. */
  monthlyUsd: number;
}

/**
 * @param ledger after the run
 * @param now milliseconds since the epoch
 */
export function figuresOf(
  ledger: Ledger,
  { plan, costs }: { plan: RetirementPlan; costs: Costs },
  { done, postponed, failed }: Outcome,
  now: number,
): Figures {
  const versions = Object.values(ledger.versions);
  const longest = (since: (number | undefined)[]) =>
    Math.max(0, ...since.map((at) => (at === undefined ? 0 : Math.round((now - at) / 1000))));
  return {
    livingVersions: livingCount(ledger),
    retired: done.filter(({ kind }) => kind === "retired").length,
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

/**
 * The figures as log lines in CloudWatch's embedded metric format. CloudWatch extracts the metrics from the log, so the
 * function needs no call and no permission. `Postponed` also has the dimension `Reason`.
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
