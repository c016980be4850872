/** CloudWatch namespace of Lockstep's own metrics. The service's middleware publishes into it too. */
export const METRIC_NAMESPACE = "Lockstep";

/** Names and units of a run's metrics in CloudWatch. Their dimension is `App`. */
export const JANITOR_METRICS = {
  LivingVersions: "Count",
  Retired: "Count",
  Errors: "Count",
  OldestVersionAge: "Seconds",
  LongestDraining: "Seconds",
  MonthlyEstimate: "None",
} as const;
