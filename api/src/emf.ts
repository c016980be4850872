import type { Counts } from "./open-connections.ts";

/** CloudWatch namespace of Lockstep's own metrics. */
const NAMESPACE = "Lockstep";

/**
 * The counts of one process as a line of CloudWatch's embedded metric format: CloudWatch makes metrics of it out of the log,
 * with no call and no permission.
 *
 *     {"_aws": {"Timestamp": <ms since the epoch>, "CloudWatchMetrics": [{"Namespace": "Lockstep", "Dimensions": [["App", "Version"]],
 *       "Metrics": [{"Name": "OpenConnections", "Unit": "Count"}, {"Name": "InFlight", "Unit": "Count"}]}]},
 *      "App": "shop", "Version": "20261122-101500-1f3a9c2", "OpenConnections": 3, "InFlight": 1}
 *
 * One line a minute and task, while anything is open, and one more with zeros when nothing is any more, and at the start; without `app` the only
 * dimension is `Version`. So the statistic `Sum` over one minute is the version's total, and a minute without data says nothing
 * is open only after a zero.
 */
export function emfLine(measured: {
  version: string;
  app: string | undefined;
  counts: Counts;
  at: number;
}): string {
  const { version, app, counts, at } = measured;
  const dimensions = { ...(app !== undefined && { App: app }), Version: version };
  const Metrics = ["OpenConnections", "InFlight"].map((Name) => ({ Name, Unit: "Count" }));
  return JSON.stringify({
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [Object.keys(dimensions)], Metrics }],
    },
    ...dimensions,
    OpenConnections: counts.openConnections,
    InFlight: counts.inFlight,
  });
}
