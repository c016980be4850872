import type { BalancerMetrics } from "./metrics.ts";

/**
 * State that the listeners of one load balancer share. The attributes may change while the listeners serve requests.
 */
export interface Balancer {
  metrics: BalancerMetrics;
  /** `idle_timeout.timeout_seconds`: how long a connection may be idle. */
  idleTimeoutMs: number;
  /**
   * `routing.http.drop_invalid_header_fields.enabled`: drops headers whose names contain characters other than letters,
   * digits and `-`.
   */
  dropInvalidHeaders: boolean;
}
