import type { CreateTargetGroupInput } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { HealthSettings } from "../../alb/health.ts";
import { boolean, integer, invalid, oneOf } from "./input.ts";

// Bounds and defaults of HTTP target groups of type `ip` (ELBv2 API reference, `CreateTargetGroup`).
const INTERVAL = { min: 5, max: 300, default: 30 };
const TIMEOUT = { min: 2, max: 120, default: 5 };
const THRESHOLD = { min: 2, max: 10 };

/** Checks the health check settings of a target group and adds the defaults. */
export function healthSettings(input: Omit<CreateTargetGroupInput, "Name">): HealthSettings {
  oneOf(input.HealthCheckProtocol, "HealthCheckProtocol", ["HTTP"], "HTTP");
  if (!boolean(input.HealthCheckEnabled, "HealthCheckEnabled", true))
    throw invalid("Health checks cannot be disabled for a target group of type 'ip'");
  const path = input.HealthCheckPath ?? "/";
  if (!path.startsWith("/") || path.length > 1024)
    throw invalid(
      `Health check path '${path.slice(0, 100)}' must begin with '/' and have at most 1024 characters`,
    );
  const port = String(input.HealthCheckPort ?? "traffic-port");
  if (port !== "traffic-port") integer(port, "HealthCheckPort", { min: 1, max: 65_535 });
  const matcher = input.Matcher?.HttpCode ?? "200";
  if (
    !/^[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*$/.test(matcher) ||
    input.Matcher?.GrpcCode !== undefined
  )
    throw invalid(
      `Health check matcher '${matcher}' must be codes from 200 to 499, like '200', '200,204' or '200-299'`,
    );
  const interval = integer(input.HealthCheckIntervalSeconds, "HealthCheckIntervalSeconds", INTERVAL);
  const timeout = integer(input.HealthCheckTimeoutSeconds, "HealthCheckTimeoutSeconds", TIMEOUT);
  if (timeout >= interval && input.HealthCheckTimeoutSeconds !== undefined)
    throw invalid(`Health check timeout '${timeout}' must be smaller than the interval '${interval}'`);
  return {
    path,
    port,
    matcher,
    intervalMs: interval * 1000,
    timeoutMs: timeout * 1000,
    healthyThreshold: integer(input.HealthyThresholdCount, "HealthyThresholdCount", {
      ...THRESHOLD,
      default: 5,
    }),
    unhealthyThreshold: integer(input.UnhealthyThresholdCount, "UnhealthyThresholdCount", {
      ...THRESHOLD,
      default: 2,
    }),
  };
}
