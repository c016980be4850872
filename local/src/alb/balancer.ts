import type { BalancerMetrics } from "./metrics.ts";

/** What the listeners of one load balancer share. Attributes may change while they serve. */
export interface Balancer {
  metrics: BalancerMetrics;
  /** `idle_timeout.timeout_seconds`: how long a connection may be silent. */
  idleTimeoutMs: number;
  /** `routing.http.drop_invalid_header_fields.enabled`: names with other than letters, digits and `-` are not passed on. */
  dropInvalidHeaders: boolean;
}
