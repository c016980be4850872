/** Names and units of a run's metrics in CloudWatch. Their dimension is `App`. */
export const JANITOR_METRICS = {
  LivingVersions: "Count",
  Retired: "Count",
  Errors: "Count",
  OldestVersionAge: "Seconds",
  LongestDraining: "Seconds",
  MonthlyEstimate: "None",
} as const;
