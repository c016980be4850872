import { IN_FLIGHT_METRIC, METRIC_NAMESPACE, OPEN_CONNECTIONS_METRIC } from "@lockstep/edge/names";
import type { Counts } from "./open-connections.ts";

/**
 * Formats the counts of one process as a line of CloudWatch's embedded metric format. CloudWatch extracts the metrics
 * from the log, so the process makes no call and needs no permission.
 *
 *     {"_aws": {"Timestamp": <ms since the epoch>, "CloudWatchMetrics": [{"Namespace": "Lockstep", "Dimensions": [["App", "Version"]],
 *       "Metrics": [{"Name": "OpenConnections", "Unit": "Count"}, {"Name": "InFlight", "Unit": "Count"}]}]},
 *      "App": "shop", "Version": "20261122-101500-1f3a9c2", "OpenConnections": 3, "InFlight": 1}
 *
 * Without `app`, the only dimension is `Version`. Each task writes one line of zeros at its start, one line a minute
 * while something is open, and one line of zeros after everything has closed. The janitor reads the statistic `Minimum`
 * and evaluates the last minute with data; see infra/src/janitor/evidence/connection-metric.ts.
 */
export function emfLine(measured: {
  version: string;
  app: string | undefined;
  counts: Counts;
  at: number;
}): string {
  const { version, app, counts, at } = measured;
  const dimensions = { ...(app !== undefined && { App: app }), Version: version };
  const metrics = { [OPEN_CONNECTIONS_METRIC]: counts.openConnections, [IN_FLIGHT_METRIC]: counts.inFlight };
  const directive = {
    Namespace: METRIC_NAMESPACE,
    Dimensions: [Object.keys(dimensions)],
    Metrics: Object.keys(metrics).map((Name) => ({ Name, Unit: "Count" })),
  };
  return JSON.stringify({
    _aws: { Timestamp: at, CloudWatchMetrics: [directive] },
    ...dimensions,
    ...metrics,
  });
}
