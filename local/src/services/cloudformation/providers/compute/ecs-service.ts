import type { Service } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../../aws-error.ts";
import { camelCase } from "../camel-case.ts";
import { TAG_LIST } from "../properties.ts";
import type { Properties, ProviderContext, ResourceProvider } from "../provider.ts";
import { changeEcsTags, lowerTags } from "../tag-changes.ts";
import { CAPACITY_STRATEGY, DEPLOYMENT_CONFIGURATION, NETWORK_CONFIGURATION } from "./ecs-shapes.ts";

/** These properties are fixed at creation; all others can be updated. */
const FIXED = [
  "Cluster",
  "DeploymentController",
  "LaunchType",
  "Role",
  "SchedulingStrategy",
  "ServiceName",
] as const;

/** Creating or updating a service completes when its deployment has ended. */
export const ecsServiceProvider: ResourceProvider = {
  properties: {
    AvailabilityZoneRebalancing: "string",
    CapacityProviderStrategy: CAPACITY_STRATEGY,
    Cluster: "string",
    DeploymentConfiguration: DEPLOYMENT_CONFIGURATION,
    DeploymentController: { Type: "string" },
    DesiredCount: "number",
    EnableECSManagedTags: "boolean",
    EnableExecuteCommand: "boolean",
    HealthCheckGracePeriodSeconds: "number",
    LaunchType: "string",
    LoadBalancers: [
      {
        ContainerName: "string",
        ContainerPort: "number",
        LoadBalancerName: "string",
        TargetGroupArn: "string",
      },
    ],
    NetworkConfiguration: NETWORK_CONFIGURATION,
    PlatformVersion: "string",
    PropagateTags: "string",
    Role: "string",
    SchedulingStrategy: "string",
    ServiceName: "string",
    Tags: TAG_LIST,
    TaskDefinition: "string",
  },
  required: ["TaskDefinition"],
  attributes: ["Name", "ServiceArn"],
  replacedBy: FIXED,
  tagsProperty: "Tags",
  create: async ({ Cluster, ServiceName, Tags, ...properties }, context) => {
    const { service } = await context.call("ecs", "CreateService", {
      ...apiInput(properties),
      cluster: Cluster,
      serviceName: ServiceName ?? context.name({ max: 255 }),
      tags: lowerTags(Tags),
    });
    const { serviceArn, serviceName } = service;
    context.initiated(serviceArn, { Name: serviceName, ServiceArn: serviceArn });
    await waitUntilSteady(serviceName, Cluster, context);
    return { physicalId: serviceArn, attributes: { Name: serviceName, ServiceArn: serviceArn } };
  },
  update: async ({ attributes, physicalId, properties: before }, properties, changed, context) => {
    const { Cluster, Tags, ...rest } = properties;
    await changeEcsTags(physicalId, before.Tags, Tags, context);
    if ([...changed].every((name) => name === "Tags")) return undefined;
    const changeable = Object.fromEntries(
      Object.entries(rest).filter(([name]) => !(FIXED as readonly string[]).includes(name)),
    );
    // A count that scaling has changed stays, unless the template's own count changes.
    if (!changed.has("DesiredCount")) delete changeable.DesiredCount;
    const service = attributes.Name as string;
    await context.call("ecs", "UpdateService", { ...apiInput(changeable), cluster: Cluster, service });
    await waitUntilSteady(service, Cluster, context);
    return undefined;
  },
  delete: async ({ attributes, properties: { Cluster } }, context) => {
    const service = attributes.Name as string;
    await context.call("ecs", "DeleteService", { cluster: Cluster, service, force: true });
    await context.waitUntil(`the end of service ${service}`, async () => {
      const found = await describe(service, Cluster, context);
      return found === undefined || found.status === "INACTIVE" ? true : undefined;
    });
  },
};

/** Converts properties to the API's names. One name differs from its plain camel case. */
function apiInput({ EnableECSManagedTags, ...properties }: Properties): Properties {
  return { ...camelCase(properties), enableECSManagedTags: EnableECSManagedTags };
}

async function waitUntilSteady(
  service: string,
  cluster: string | undefined,
  context: ProviderContext,
): Promise<void> {
  await context.waitUntil(`a steady state of service ${service}`, async () => {
    const found = await describe(service, cluster, context);
    const primary = found?.deployments?.find(({ status }) => status === "PRIMARY");
    if (primary?.rolloutState === "FAILED")
      throw failed(found!, primary.rolloutStateReason, await lastStopped(service, cluster, context));
    return primary?.rolloutState === "COMPLETED" ? true : undefined;
  });
}

async function describe(
  service: string,
  cluster: string | undefined,
  { call }: ProviderContext,
): Promise<Service | undefined> {
  const { services } = await call("ecs", "DescribeServices", { cluster, services: [service] });
  return services[0];
}

/** Returns why the service's last task stopped; the service itself does not show it. */
async function lastStopped(
  serviceName: string,
  cluster: string | undefined,
  { call }: ProviderContext,
): Promise<string | undefined> {
  const { taskArns } = await call("ecs", "ListTasks", { cluster, serviceName, desiredStatus: "STOPPED" });
  if (taskArns.length === 0) return undefined;
  const { tasks } = await call("ecs", "DescribeTasks", { cluster, tasks: taskArns.slice(-1) });
  return tasks[0]?.stoppedReason;
}

/** AWS's message ends with "was triggered". Here, the reason that stopped the tasks follows. */
function failed(service: Service, reason: string | undefined, stopped: string | undefined): AwsError {
  const why = [reason, stopped ?? service.events?.[0]?.message].filter((each) => each !== undefined);
  return new AwsError(
    "NotStabilized",
    `Error occurred during operation 'ECS Deployment Circuit Breaker was triggered': ${why.join(" ")}`,
  );
}
