import type { Deployment, Service } from "@aws-sdk/client-ecs";
import type { DeploymentRecord, ServiceRecord, TaskRecord } from "../state/model.ts";

/** Converts a service to the shape of DescribeServices. */
export function describeService(service: ServiceRecord, withTags = true): Service {
  const tasks = [...service.cluster.tasks.values()].filter((task) => task.serviceName === service.name);
  return {
    ...service.recorded,
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    status: service.status,
    desiredCount: service.desiredCount,
    ...countTasks(tasks),
    taskDefinition: service.deployments[0]!.definition.definition.taskDefinitionArn,
    loadBalancers: service.loadBalancers,
    serviceRegistries: [],
    networkConfiguration: service.networkConfiguration,
    deploymentConfiguration: service.deploymentConfiguration,
    healthCheckGracePeriodSeconds:
      service.loadBalancers.length > 0 ? service.healthCheckGracePeriodSeconds : undefined,
    deployments:
      service.status === "INACTIVE"
        ? []
        : service.deployments.map((deployment, index) =>
            describeDeployment(service, deployment, tasks, index),
          ),
    events: [...service.events],
    createdAt: service.createdAt,
    placementConstraints: [],
    placementStrategy: [],
    tags: withTags ? service.tags : undefined,
  };
}

function describeDeployment(
  service: ServiceRecord,
  deployment: DeploymentRecord,
  tasks: TaskRecord[],
  index: number,
): Deployment {
  return {
    id: deployment.id,
    status: index === 0 ? "PRIMARY" : "ACTIVE",
    taskDefinition: deployment.definition.definition.taskDefinitionArn,
    desiredCount: index === 0 ? service.desiredCount : 0,
    ...countTasks(tasks.filter((task) => task.deployment === deployment)),
    failedTasks: deployment.failedTasks,
    createdAt: deployment.createdAt,
    updatedAt: deployment.updatedAt,
    launchType: "FARGATE",
    platformVersion: "1.4.0",
    platformFamily: "Linux",
    networkConfiguration: service.networkConfiguration,
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
}

function countTasks(tasks: TaskRecord[]): { runningCount: number; pendingCount: number } {
  const count = (...states: string[]) => tasks.filter(({ lastStatus }) => states.includes(lastStatus)).length;
  return { runningCount: count("RUNNING"), pendingCount: count("PROVISIONING", "PENDING") };
}
