/** How a target group checks its targets, as the API's members of the same names. */
export interface HealthSettings {
  path: string;
  /** A port, or `traffic-port` for the one that the target is registered with. */
  port: string;
  intervalMs: number;
  timeoutMs: number;
  /** Consecutive passes that bring an unhealthy target back. A new target needs only one. */
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
  /** `TargetHealth.Reason` and `.Description` of the API; none when healthy. */
  reason?: string;
  description?: string;
}

/** What one health check found. */
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
 * The health after one more check.
 *
 * `checkingForMs` is the time since the first check of this target. While a target is new, checks come faster than
 * its interval; they count as failed only after the time that the threshold takes at the configured interval, so a
 * slow start is judged as on AWS.
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

/** Shortest and longest pause between the checks of a target that has not passed one yet. */
const FIRST_PAUSE_MS = 50;
const LONGEST_FIRST_PAUSE_MS = 1000;

/** The pause before the next check: short and growing until the first pass, then the interval. */
export function pauseMs(health: Health, settings: HealthSettings): number {
  if (health.state !== "initial") return settings.intervalMs;
  const pause = FIRST_PAUSE_MS * 1.5 ** Math.min(health.failures, 10);
  return Math.min(pause, LONGEST_FIRST_PAUSE_MS, settings.intervalMs);
}

/** Whether a status code passes. The matcher was validated when the target group was made. */
export function passesMatcher(matcher: string, status: number): boolean {
  return matcher.split(",").some((part) => {
    const [low, high] = part.trim().split("-").map(Number);
    return status >= low! && status <= (high ?? low!);
  });
}
