/** Health check settings of a target group, named like the API's members. */
export interface HealthSettings {
  path: string;
  /** A port, or `traffic-port` for the target's registered port. */
  port: string;
  intervalMs: number;
  timeoutMs: number;
  /** Consecutive passes that make an unhealthy target healthy. A new target needs only one. */
  healthyThreshold: number;
  /** Consecutive failures that make a target unhealthy. */
  unhealthyThreshold: number;
  /** Status codes that pass: `200`, `200,204`, `200-299`. */
  matcher: string;
}

type HealthState = "unused" | "initial" | "healthy" | "unhealthy" | "draining";

export interface Health {
  state: HealthState;
  /** Consecutive passes and failures. */
  passes: number;
  failures: number;
  /** `TargetHealth.Reason` and `.Description` of the API; absent for healthy targets. */
  reason?: string;
  description?: string;
}

/** Result of one health check. */
export type CheckResult = { ok: true } | { ok: false; reason: string; description: string };

export const UNUSED: Health = {
  state: "unused",
  passes: 0,
  failures: 0,
  reason: "Target.NotInUse",
  description: "Target group is not configured to receive traffic from the load balancer",
};

export const INITIAL: Health = {
  state: "initial",
  passes: 0,
  failures: 0,
  reason: "Elb.RegistrationInProgress",
  description: "Target registration is in progress",
};

export const DRAINING: Health = {
  state: "draining",
  passes: 0,
  failures: 0,
  reason: "Target.DeregistrationInProgress",
  description: "Target deregistration is in progress",
};

/**
 * Returns the health after one more check.
 *
 * `checkingForMs` is the time since the target's first check. Checks of a new target are more frequent than the
 * interval. They count as failures only after the time that the threshold takes at the configured interval, so a slow
 * start has the same outcome as on AWS.
 */
export function nextHealth(
  health: Health,
  result: CheckResult,
  settings: HealthSettings,
  checkingForMs: number,
): Health {
  if (result.ok) {
    const passes = health.passes + 1;
    const enough = health.state !== "unhealthy" || passes >= settings.healthyThreshold;
    return enough ? { state: "healthy", passes, failures: 0 } : { ...health, passes, failures: 0 };
  }
  const failures = health.failures + 1;
  const failed = { passes: 0, failures, reason: result.reason, description: result.description };
  switch (health.state) {
    case "healthy":
      if (failures < settings.unhealthyThreshold) return { state: "healthy", passes: 0, failures };
      return { state: "unhealthy", ...failed };
    case "initial":
      if (checkingForMs < (settings.unhealthyThreshold - 1) * settings.intervalMs) {
        const description = "Initial health checks in progress";
        return { state: "initial", passes: 0, failures, reason: "Elb.InitialHealthChecking", description };
      }
      return { state: "unhealthy", ...failed };
    default:
      return { state: health.state, ...failed };
  }
}

/** Shortest and longest pause between checks of a target that has not passed yet. */
const FIRST_PAUSE_MS = 50;
const LONGEST_FIRST_PAUSE_MS = 1000;

/** Returns the pause before the next check: short and increasing until the first pass, then the interval. */
export function pauseMs(health: Health, settings: HealthSettings): number {
  if (health.state !== "initial") return settings.intervalMs;
  const pause = FIRST_PAUSE_MS * 1.5 ** Math.min(health.failures, 10);
  return Math.min(pause, LONGEST_FIRST_PAUSE_MS, settings.intervalMs);
}

/** Whether a status code passes. CreateTargetGroup has validated the matcher. */
export function passesMatcher(matcher: string, status: number): boolean {
  return matcher.split(",").some((part) => {
    const [low, high] = part.trim().split("-").map(Number);
    return status >= low! && status <= (high ?? low!);
  });
}
