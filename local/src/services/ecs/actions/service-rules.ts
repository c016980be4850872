import type {
  CreateServiceRequest,
  DeploymentConfiguration,
  LoadBalancer,
  UpdateServiceRequest,
} from "@aws-sdk/client-ecs";
import { AwsError, notImplemented } from "../../../aws-error.ts";
import type { Cloud, Scope } from "../../../cloud.ts";
import { refuseUnknown } from "../../known-members.ts";
import type { ClusterRecord, DefinitionRecord } from "../state/model.ts";

/** Members that are implemented, or recorded because they have no visible effect on one machine. */
const KNOWN = [
  "cluster",
  "taskDefinition",
  "desiredCount",
  "deploymentConfiguration",
  "networkConfiguration",
  "platformVersion",
  "capacityProviderStrategy",
  "healthCheckGracePeriodSeconds",
  "loadBalancers",
  "deploymentController",
  "enableECSManagedTags",
  "propagateTags",
  "availabilityZoneRebalancing",
];
const KNOWN_OF_CREATE = [...KNOWN, "serviceName", "launchType", "schedulingStrategy", "tags", "role"];
const KNOWN_OF_UPDATE = [...KNOWN, "service", "forceNewDeployment"];
const KNOWN_OF_DEPLOYMENT = [
  "deploymentCircuitBreaker",
  "minimumHealthyPercent",
  "maximumPercent",
  "strategy",
  "bakeTimeInMinutes",
  "alarms",
];

export function checkCreateService(input: CreateServiceRequest): void {
  refuseUnknown("ecs:CreateService", input, KNOWN_OF_CREATE);
  if (!/^[\w-]{1,255}$/.test(input.serviceName ?? ""))
    throw invalid("Service name is required and can contain only letters, digits, hyphens and underscores.");
  if ((input.launchType ?? "FARGATE") !== "FARGATE")
    throw notImplemented(`ecs:CreateService: launch type ${input.launchType}`);
  if ((input.schedulingStrategy ?? "REPLICA") !== "REPLICA")
    throw notImplemented(`ecs:CreateService: scheduling strategy ${input.schedulingStrategy}`);
  if (!input.taskDefinition) throw invalid("Task definition can not be blank.");
  if (!input.networkConfiguration?.awsvpcConfiguration?.subnets?.length)
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  if (input.healthCheckGracePeriodSeconds && !input.loadBalancers?.length)
    throw invalid("Health check grace period is only valid for services configured to use load balancers");
  checkDeployment("ecs:CreateService", input);
}

/** Checks that the cluster has the capacity providers. Cost and Spot interruptions are not simulated. */
export function checkCapacityProviders(
  { capacityProviders }: ClusterRecord,
  input: CreateServiceRequest | UpdateServiceRequest,
): void {
  for (const { capacityProvider } of input.capacityProviderStrategy ?? [])
    if (!capacityProviders.includes(capacityProvider!))
      throw invalid(`The specified capacity provider '${capacityProvider}' was not found in the cluster.`);
  if ("service" in input && input.capacityProviderStrategy !== undefined && !input.forceNewDeployment)
    throw invalid(
      "When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment.",
    );
}

export function checkUpdateService(input: UpdateServiceRequest): void {
  refuseUnknown("ecs:UpdateService", input, KNOWN_OF_UPDATE);
  checkDeployment("ecs:UpdateService", input);
}

function checkDeployment(action: string, input: CreateServiceRequest | UpdateServiceRequest): void {
  if (input.desiredCount !== undefined && !(input.desiredCount >= 0))
    throw invalid("Desired count must be 0 or more.");
  if ((input.deploymentController?.type ?? "ECS") !== "ECS")
    throw notImplemented(`${action}: deployment controller ${input.deploymentController?.type}`);
  const deployment: DeploymentConfiguration = input.deploymentConfiguration ?? {};
  refuseUnknown(`${action}: deploymentConfiguration`, deployment, KNOWN_OF_DEPLOYMENT);
  if ((deployment.strategy ?? "ROLLING") !== "ROLLING")
    throw notImplemented(`${action}: deployment strategy ${deployment.strategy}`);
  if (deployment.alarms?.enable) throw notImplemented(`${action}: deployment alarms`);
}

/** Throws if a task could not become a target. The target group must already belong to a load balancer. */
export async function checkLoadBalancers(
  cloud: Cloud,
  loadBalancers: LoadBalancer[],
  { definition }: DefinitionRecord,
  scope: Scope,
): Promise<void> {
  if (loadBalancers.length > 1) throw notImplemented("ecs:CreateService: more than one target group");
  for (const { targetGroupArn, containerName, containerPort } of loadBalancers) {
    const container = definition.containerDefinitions!.find(({ name }) => name === containerName);
    if (container === undefined)
      throw invalid(`The container ${containerName} does not exist in the task definition.`);
    if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort))
      throw invalid(`The container ${containerName} did not have a container port ${containerPort} defined.`);
    const group = await describeTargetGroup(cloud, targetGroupArn ?? "", scope);
    if (group.TargetType !== "ip")
      throw invalid(
        `The provided target group ${targetGroupArn} has target type ${group.TargetType}, which is incompatible with the awsvpc network mode specified in the task definition.`,
      );
    if (!group.LoadBalancerArns?.length)
      throw invalid(
        `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
      );
  }
}

interface TargetGroup {
  TargetType?: string;
  LoadBalancerArns?: string[];
}

async function describeTargetGroup(cloud: Cloud, arn: string, scope: Scope): Promise<TargetGroup> {
  try {
    const answer = await cloud.call("elbv2", "DescribeTargetGroups", { TargetGroupArns: [arn] }, scope);
    return answer.TargetGroups[0];
  } catch (error) {
    if (error instanceof AwsError && error.code.startsWith("TargetGroupNotFound"))
      throw invalid(`The target group ${arn} does not exist.`);
    throw error;
  }
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}
