import type { LockstepConfig } from "../../config/config.ts";
import { METRIC_LAG_SECONDS } from "../../versions/read-metrics.ts";

/** When the janitor retires a version, and how many tasks it keeps until then. */
export interface RetirementPolicy {
  /** A superseded version is kept at least this long … */
  graceSeconds: number;
  /** … and until it has been idle for this long … */
  idleSeconds: number;
  /** … but no longer than this. */
  windowSeconds: number;
  /** How long before the window ends its pages are warned. A version never expires without a warning. */
  warnSeconds: number;
  /** How many of the versions that were current last are kept for a rollback, even if idle … */
  rollbackVersions: number;
  /** … and for how long after they were superseded. */
  rollbackSeconds: number;
  /** With this many versions the next release would be refused, so idle versions do not wait for the grace time. */
  maxVersions: number;
  /** Versions that the janitor never changes. */
  keep: readonly string[];
  /** How long files are kept after the version that lists them is retired. */
  filesSeconds: number;
  /** Time between two runs. What must happen before a deadline happens in the last run before it. */
  everySeconds: number;
  /** The fewest tasks of the current version, and of a published one that may become current. */
  minTasks: number;
}

export function policyOf({ protection, files, janitor, api }: LockstepConfig): RetirementPolicy {
  return {
    ...protection,
    keep: janitor.keep,
    filesSeconds: files.lifetimeSeconds,
    everySeconds: janitor.everyMinutes * 60,
    minTasks: api.minTasks,
  };
}

/** The lag of the metrics. If the idle time is shorter, it is used instead, so that short settings work locally. */
export function metricLagSeconds({ idleSeconds }: Pick<RetirementPolicy, "idleSeconds">): number {
  return Math.min(METRIC_LAG_SECONDS, idleSeconds);
}
