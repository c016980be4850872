import { APP_TAG, VERSION_TAG } from "../../src/base/version-names.ts";
import type { Aws } from "../support/open-aws.ts";

/** Kinds of what a version's stack creates, as `AppResource` names them. */
export const ALL_KINDS = ["log-group", "rule", "service", "target-group"];

/**
 * Creates what the stack of a version creates, without a stack.
 *
 * @param tags their tags; default: those of a version of the app `shop`
 */
export async function createLooseResources(
  id: string,
  { call, outputs }: Aws,
  tags: { app?: string; version?: string } = { app: "shop", version: id },
): Promise<void> {
  const { clusterName: cluster, listenerArn: ListenerArn, vpcId: VpcId } = outputs;
  const pairs = Object.entries({ [APP_TAG]: tags.app, [VERSION_TAG]: tags.version }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const Tags = pairs.map(([Key, Value]) => ({ Key, Value }));
  const logGroupName = `/lockstep/shop/${id}`;
  await call("logs", "CreateLogGroup", { logGroupName, tags: Object.fromEntries(pairs) });
  const group = { Name: `ls-${id}`, Protocol: "HTTP", Port: 80, VpcId, TargetType: "ip", Tags };
  const { TargetGroups } = await call("elbv2", "CreateTargetGroup", group);
  const { TargetGroupArn } = TargetGroups[0];
  const { Rules } = await call("elbv2", "DescribeRules", { ListenerArn });
  await call("elbv2", "CreateRule", {
    ListenerArn,
    Priority: 1000 + Rules.length,
    Conditions: [{ Field: "host-header", HostHeaderConfig: { Values: [`${id}.shop.internal`] } }],
    Actions: [{ Type: "forward", TargetGroupArn }],
    Tags,
  });
  const container = { name: "app", image: "not-started", portMappings: [{ containerPort: 8080 }] };
  const { taskDefinition } = await call("ecs", "RegisterTaskDefinition", {
    family: id,
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: "256",
    memory: "512",
    executionRoleArn: outputs.executionRoleArn,
    containerDefinitions: [container],
  });
  await call("ecs", "CreateService", {
    cluster,
    serviceName: id,
    taskDefinition: taskDefinition.taskDefinitionArn,
    desiredCount: 0,
    launchType: "FARGATE",
    networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-a"] } },
    loadBalancers: [{ targetGroupArn: TargetGroupArn, containerName: "app", containerPort: 8080 }],
    tags: pairs.map(([key, value]) => ({ key, value })),
  });
}

/** Kinds of the loose resources of a version that exist. */
export async function looseResources(id: string, { call, outputs, tasksOf }: Aws): Promise<string[]> {
  const { logGroups } = await call("logs", "DescribeLogGroups", {
    logGroupNamePrefix: `/lockstep/shop/${id}`,
  });
  const { TargetGroups } = await call("elbv2", "DescribeTargetGroups", {});
  const { Rules } = await call("elbv2", "DescribeRules", { ListenerArn: outputs.listenerArn });
  return [
    ...(logGroups.length > 0 ? ["log-group"] : []),
    ...(JSON.stringify(Rules).includes(id) ? ["rule"] : []),
    ...((await tasksOf(id)) === undefined ? [] : ["service"]),
    ...(JSON.stringify(TargetGroups).includes(id) ? ["target-group"] : []),
  ];
}
