import {
  type ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";

export interface ScalingOptions {
  autoscaling: Pick<ApplicationAutoScalingClient, "send">;
  clusterName: string;
}

const TARGET = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;

/** The fewest tasks to which each service of a cluster scales in, by its name; one call for every fifty. */
export async function readFewestTasks({
  autoscaling,
  clusterName,
}: ScalingOptions): Promise<Map<string, number>> {
  const fewest = new Map<string, number>();
  const prefix = `service/${clusterName}/`;
  let token: string | undefined;
  do {
    const page = await autoscaling.send(new DescribeScalableTargetsCommand({ ...TARGET, NextToken: token }));
    for (const { ResourceId = "", MinCapacity = 0 } of page.ScalableTargets ?? [])
      if (ResourceId.startsWith(prefix)) fewest.set(ResourceId.slice(prefix.length), MinCapacity);
    token = page.NextToken;
  } while (token !== undefined);
  return fewest;
}

/** Sets the fewest tasks to which a service scales in. */
export async function setFewestTasks(
  service: string,
  MinCapacity: number,
  { autoscaling, clusterName }: ScalingOptions,
): Promise<void> {
  const ResourceId = `service/${clusterName}/${service}`;
  await autoscaling.send(new RegisterScalableTargetCommand({ ...TARGET, ResourceId, MinCapacity }));
}
