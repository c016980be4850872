import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";

/** The targets of a target group, with their health. */
export async function describeTargets(
  targetGroupArn: string | undefined,
  elb: Pick<ElasticLoadBalancingV2Client, "send">,
): Promise<TargetHealthDescription[]> {
  const page = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
  return page.TargetHealthDescriptions ?? [];
}

export function isHealthy({ TargetHealth }: TargetHealthDescription): boolean {
  return TargetHealth?.State === "healthy";
}
