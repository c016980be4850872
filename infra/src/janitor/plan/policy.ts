import type { LockstepConfig } from "../../config/config.ts";
import { METRIC_LAG_SECONDS } from "../../versions/read-metrics.ts";

/** When the janitor retires a version, and how many tasks it keeps until then. */
export interface RetirementPolicy {
  /** Minimum time for which a superseded version is kept. */
  graceSeconds: number;
  /** A superseded version is kept until it has been idle for this time. */
  idleSeconds: number;
  /** Maximum time for which a superseded version is kept. */
  windowSeconds: number;
  /**
   * Time between the warning of a version's pages and the end of its window. Unless this is 0, a version never expires
   * without a warning.
   */
  warnSeconds: number;
  /** Number of the most recently current versions that are kept for a rollback, even if they are idle. */
  rollbackVersions: number;
  /** How long a version is kept for a rollback after it was superseded. */
  rollbackSeconds: number;
  /** With this many versions the next release would be refused, so idle versions do not wait for the grace time. */
  maxVersions: number;
  /** Versions that the janitor never changes. */
  keep: readonly string[];
  /** How long files are kept after the version that lists them is retired. */
  filesSeconds: number;
  /** Time between two runs. An expiry that must be announced before the next run is announced in this run. */
  everySeconds: number;
  /** Minimum number of tasks of the current version, and of a published one that may become current. */
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

/** The lag of the metrics, or the idle time if that is shorter, so that short settings work locally. */
export function metricLagSeconds({ idleSeconds }: Pick<RetirementPolicy, "idleSeconds">): number {
  return Math.min(METRIC_LAG_SECONDS, idleSeconds);
}
