import {
  type ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { allPages } from "./all-pages.ts";

export interface ScalingOptions {
  autoscaling: Pick<ApplicationAutoScalingClient, "send">;
  clusterName: string;
}

const TARGET = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;

/** The minimum task count of each scalable service of a cluster, by service name. One call per fifty. */
export async function readFewestTasks({
  autoscaling,
  clusterName,
}: ScalingOptions): Promise<Map<string, number>> {
  const fewest = new Map<string, number>();
  const prefix = `service/${clusterName}/`;
  const pages = allPages(
    (NextToken) => autoscaling.send(new DescribeScalableTargetsCommand({ ...TARGET, NextToken })),
    (page) => page.NextToken,
  );
  for await (const page of pages)
    for (const { ResourceId = "", MinCapacity = 0 } of page.ScalableTargets ?? [])
      if (ResourceId.startsWith(prefix)) fewest.set(ResourceId.slice(prefix.length), MinCapacity);
  return fewest;
}

/** Sets the minimum task count of a scalable service. */
export async function setFewestTasks(
  service: string,
  MinCapacity: number,
  { autoscaling, clusterName }: ScalingOptions,
): Promise<void> {
  const ResourceId = `service/${clusterName}/${service}`;
  await autoscaling.send(new RegisterScalableTargetCommand({ ...TARGET, ResourceId, MinCapacity }));
}
