import type { LockstepConfig } from "../config/config.ts";

/** When a version may go, and what it may cost until then. */
export interface RetirementPolicy {
  /** A superseded version stays at least this long … */
  graceSeconds: number;
  /** … and until nobody used it this long … */
  idleSeconds: number;
  /** … but never longer than this. */
  windowSeconds: number;
  /** So long before the window ends its pages are told; no warning, no end. */
  warnSeconds: number;
  /** So many versions that were current last stay for a rollback, however idle … */
  rollbackVersions: number;
  /** … this long after they were superseded. */
  rollbackSeconds: number;
  /** When so many run that the next release would be refused, idle versions do not wait for the grace time. */
  maxVersions: number;
  /** Versions that are never touched. */
  keep: readonly string[];
  /** Files stay this long after the version that listed them. */
  filesSeconds: number;
  /** The janitor looks this often: what must happen before a moment happens in the last run before it. */
  everySeconds: number;
  /** Tasks that current and what may become current has at least. */
  minTasks: number;
}

export function policyOf({ protection, files, janitor, api }: LockstepConfig): RetirementPolicy {
  const { graceSeconds, idleSeconds, windowSeconds, warnSeconds } = protection;
  const { rollbackVersions, rollbackSeconds, maxVersions } = protection;
  return {
    graceSeconds,
    idleSeconds,
    windowSeconds,
    warnSeconds,
    rollbackVersions,
    rollbackSeconds,
    maxVersions,
    keep: janitor.keep,
    filesSeconds: files.lifetimeSeconds,
    everySeconds: janitor.everyMinutes * 60,
    minTasks: api.minTasks,
  };
}

/**
 * Requests are counted once a minute and take up to about two to show in CloudWatch. A shorter idle time counts for
 * itself, so that short local settings work.
 */
export const METRIC_LAG_SECONDS = 120;

export function metricLagSeconds({ idleSeconds }: Pick<RetirementPolicy, "idleSeconds">): number {
  return Math.min(METRIC_LAG_SECONDS, idleSeconds);
}
