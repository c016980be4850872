import { z } from "zod";
import { field } from "./field.ts";
import { DAY_SECONDS, MAX_COOKIE_AGE_SECONDS, seconds, whole } from "./kinds.ts";

/**
 * At most this many versions may own a listener rule and a target group at once. An ALB has 100 target groups
 * (Elastic Load Balancing quota, not adjustable); ten stay free for what one adds by hand.
 */
export const MAX_VERSIONS = 90;

export const protection = z.strictObject({
  /** `false`: everything gets current, the cookie is expired. For demonstrations. Default `true`. */
  enabled: field(z.boolean(), "true or false", true).default(true),
  /** Age of the pin cookie, and the longest that a superseded version stays. Default 24 hours. */
  windowSeconds: seconds(60, MAX_COOKIE_AGE_SECONDS, "a duration, 60s to 400d", "24h").prefault("24h"),
  /** A superseded version stays at least this long, however idle. Default 1 hour. */
  graceSeconds: seconds(
    1,
    MAX_COOKIE_AGE_SECONDS,
    "a duration, 1s to 400d, at most protection.windowSeconds",
    "1h",
  ).prefault("1h"),
  /** After the grace time, a version goes when it had no request for this long. Default 30 minutes. */
  idleSeconds: seconds(
    60,
    MAX_COOKIE_AGE_SECONDS,
    "a duration, 60s to 400d (the load balancer counts by the minute)",
    "30m",
  ).prefault("30m"),
  /**
   * Before its window ends in spite of open pages, a version's end is announced to them this long: they may save and reload.
   * Default 10 minutes; longer than the window counts as the window.
   */
  warnSeconds: seconds(0, MAX_COOKIE_AGE_SECONDS, "a duration, 0s to 400d", "10m").optional(),
  /** So many versions that were current last stay for a rollback, however idle, for `rollbackSeconds`. Default 1. */
  rollbackVersions: whole(0, MAX_VERSIONS, `a whole number, 0 to ${MAX_VERSIONS}`, 1).default(1),
  /** How long, from when it was superseded. Default the grace time; past the window nothing stays. */
  rollbackSeconds: seconds(0, MAX_COOKIE_AGE_SECONDS, "a duration, 0s to 400d", "4h").optional(),
  /**
   * A visible page says this often that it is there, so that a silent tab keeps its version. Default 5 minutes, or half the
   * idle time when that is shorter; shorter than the idle time.
   */
  heartbeatSeconds: seconds(
    10,
    DAY_SECONDS,
    "a duration, 10s to 1d, shorter than protection.idleSeconds",
    "5m",
  ).optional(),
  /** Versions that may run at once; the release that would pass it is refused before it makes anything. Default 20. */
  maxVersions: whole(
    2,
    MAX_VERSIONS,
    `a whole number, 2 to ${MAX_VERSIONS} (an ALB has 100 target groups, not adjustable)`,
    20,
  ).default(20),
  /** What a request gets whose cookie names a version that is gone: current, or a 409. Default `current`. */
  whenGone: field(z.enum(["current", "refuse"]), '"current" or "refuse"', "current").default("current"),
});

const WARN_SECONDS = 10 * 60;
const HEARTBEAT_SECONDS = 5 * 60;

type Protection = z.output<typeof protection>;
/** Nothing left out. */
export type CompleteProtection = Protection & {
  warnSeconds: number;
  rollbackSeconds: number;
  heartbeatSeconds: number;
};

/** What is left out of `protection` follows from the rest. */
export function completeProtection(given: Protection): CompleteProtection {
  const { windowSeconds, graceSeconds, idleSeconds } = given;
  return {
    ...given,
    warnSeconds: Math.min(given.warnSeconds ?? WARN_SECONDS, windowSeconds),
    rollbackSeconds: given.rollbackSeconds ?? graceSeconds,
    heartbeatSeconds: given.heartbeatSeconds ?? Math.min(HEARTBEAT_SECONDS, Math.floor(idleSeconds / 2)),
  };
}
