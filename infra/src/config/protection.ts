import { z } from "zod";
import { field } from "./field.ts";
import { DAY_SECONDS, MAX_COOKIE_AGE_SECONDS, seconds, whole } from "./kinds.ts";

/**
 * Maximum number of versions that can own a listener rule and a target group at the same time. An ALB can have 100
 * target groups (Elastic Load Balancing quota, not adjustable). Ten are left for target groups that you add.
 */
export const MAX_VERSIONS = 90;

export const protection = z.strictObject({
  /** `false`: every request is answered by current, and the cookie is deleted. For demonstrations. Default `true`. */
  enabled: field(z.boolean(), "true or false", true).default(true),
  /** Lifetime of the pin cookie, and the maximum time for which a superseded version is kept. Default 24 hours. */
  windowSeconds: seconds(60, MAX_COOKIE_AGE_SECONDS, "a duration, 60s to 400d", "24h").prefault("24h"),
  /** A superseded version is kept at least this long, even if it is idle. Default 1 hour. */
  graceSeconds: seconds(
    1,
    MAX_COOKIE_AGE_SECONDS,
    "a duration, 1s to 400d, at most protection.windowSeconds",
    "1h",
  ).prefault("1h"),
  /** After the grace time, a version is retired when it has had no request for this long. Default 30 minutes. */
  idleSeconds: seconds(
    60,
    MAX_COOKIE_AGE_SECONDS,
    "a duration, 60s to 400d (the load balancer counts by the minute)",
    "30m",
  ).prefault("30m"),
  /**
   * Time between the warning of a version's open pages and its expiry, in which they can save and reload. 0: no
   * warning. Default 10 minutes; at most the window.
   */
  warnSeconds: seconds(0, MAX_COOKIE_AGE_SECONDS, "a duration, 0s to 400d", "10m").optional(),
  /** Number of the most recently current versions that are kept for a rollback, even if they are idle. Default 1. */
  rollbackVersions: whole(0, MAX_VERSIONS, `a whole number, 0 to ${MAX_VERSIONS}`, 1).default(1),
  /** How long a version is kept for a rollback after it was superseded, at most the window. Default: the grace time. */
  rollbackSeconds: seconds(0, MAX_COOKIE_AGE_SECONDS, "a duration, 0s to 400d", "4h").optional(),
  /**
   * How often a visible page sends a heartbeat, so that a page that sends no requests keeps its version. Must be
   * shorter than 4/5 of the idle time. Default 5 minutes, or half of the idle time if that is shorter.
   */
  heartbeatSeconds: seconds(
    10,
    DAY_SECONDS,
    "a duration, 10s to 1d, shorter than protection.idleSeconds",
    "5m",
  ).optional(),
  /** Maximum number of versions that run at the same time. A release that would exceed it is refused. Default 20. */
  maxVersions: whole(
    2,
    MAX_VERSIONS,
    `a whole number, 2 to ${MAX_VERSIONS} (an ALB has 100 target groups, not adjustable)`,
    20,
  ).default(20),
  /** What answers a request whose cookie names a version that is gone: current, or a 409. Default `current`. */
  whenGone: field(z.enum(["current", "refuse"]), '"current" or "refuse"', "current").default("current"),
});

const WARN_SECONDS = 10 * 60;
const HEARTBEAT_SECONDS = 5 * 60;

type Protection = z.output<typeof protection>;
/** `protection` with all defaults filled in. */
export type CompleteProtection = Protection & {
  warnSeconds: number;
  rollbackSeconds: number;
  heartbeatSeconds: number;
};

/** Fills in the defaults that depend on other fields. */
export function completeProtection(given: Protection): CompleteProtection {
  const { windowSeconds, graceSeconds, idleSeconds } = given;
  return {
    ...given,
    warnSeconds: Math.min(given.warnSeconds ?? WARN_SECONDS, windowSeconds),
    rollbackSeconds: given.rollbackSeconds ?? graceSeconds,
    heartbeatSeconds: given.heartbeatSeconds ?? Math.min(HEARTBEAT_SECONDS, Math.floor(idleSeconds / 2)),
  };
}
