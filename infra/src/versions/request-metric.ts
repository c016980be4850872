import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { Ledger } from "../lifecycle/ledger.ts";
import { type MetricQuery, type MetricSpan, readMetrics } from "./read-metrics.ts";

export interface MetricOptions {
  cloudwatch: Pick<CloudWatchClient, "send">;
  loadBalancerArn: string;
}

/**
 * The load balancer's count of requests to one version. Health checks are not counted. A period without a request has
 * no point, because CloudWatch publishes nothing then.
 */
export function requestCount(targetGroupArn: string, loadBalancerArn: string): MetricQuery {
  return {
    statistic: "Sum",
    namespace: "AWS/ApplicationELB",
    metric: "RequestCount",
    dimensions: [
      // arn:…:targetgroup/ls-…/73e2…, arn:…:loadbalancer/app/…/50dc…: CloudWatch expects the part after the account.
      { Name: "TargetGroup", Value: targetGroupArn.slice(targetGroupArn.indexOf("targetgroup/")) },
      {
        Name: "LoadBalancer",
        Value: loadBalancerArn.slice(loadBalancerArn.indexOf("loadbalancer/") + "loadbalancer/".length),
      },
    ],
  };
}

/** Counts the requests in the span by version, in one call. `undefined` if a count is unknown. */
export async function countRequests(
  ids: readonly string[],
  ledger: Ledger,
  span: MetricSpan,
  { cloudwatch, loadBalancerArn }: MetricOptions,
): Promise<Record<string, number | undefined>> {
  const known = ids.flatMap((id) => {
    const arn = ledger.versions[id]?.targetGroupArn;
    return arn === undefined ? [] : [{ id, query: requestCount(arn, loadBalancerArn) }];
  });
  const readings = await readMetrics(
    known.map(({ query }) => query),
    span,
    cloudwatch,
  );
  const counts = known.map(({ id }, index) => {
    const reading = readings[index]!;
    return [
      id,
      reading.known ? reading.points.reduce((sum, { value }) => sum + value, 0) : undefined,
    ] as const;
  });
  return Object.fromEntries(counts);
}
