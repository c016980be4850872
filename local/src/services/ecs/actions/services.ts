import { isDeepStrictEqual } from "node:util";
import type {
  CreateServiceRequest,
  DeleteServiceRequest,
  DeploymentConfiguration,
  DescribeServicesRequest,
  ListServicesRequest,
  UpdateServiceRequest,
} from "@aws-sdk/client-ecs";
import { AwsError } from "../../../aws-error.ts";
import { ACCOUNT, type Action, type Cloud, type Scope } from "../../../cloud.ts";
import { pageOf } from "../../paging.ts";
import { beginDeployment } from "../keeper/deployments.ts";
import { type ClusterRecord, type EcsRegion, ecsArn, nameOf, type ServiceRecord } from "../state/model.ts";
import { getCluster } from "./clusters.ts";
import {
  checkCapacityProviders,
  checkCreateService,
  checkLoadBalancers,
  checkUpdateService,
  invalid,
} from "./service-rules.ts";
import { describeService } from "./service-view.ts";
import { getRunnableDefinition } from "./task-definitions.ts";

/** Maximum number of services in one DescribeServices (ECS API reference). */
const MAX_DESCRIBED = 10;

/** Keeps services at their desired count. */
export interface ServiceWatch {
  /** Starts keeping a new service at its desired count. */
  begin(service: ServiceRecord): void;
  /** Applies a service's changed settings. */
  touch(service: ServiceRecord): void;
}

/** Actions on services. */
export function createServiceActions(
  cloud: Cloud,
  stateOf: (scope: Scope) => EcsRegion,
  watch: ServiceWatch,
): Record<string, Action> {
  return {
    CreateService: async (input: CreateServiceRequest, scope) => {
      checkCreateService(input);
      const state = stateOf(scope);
      const cluster = getCluster(state, input.cluster);
      checkCapacityProviders(cluster, input);
      refuseTakenName(cluster, input.serviceName!);
      const definition = getRunnableDefinition(state, input.taskDefinition!);
      await checkLoadBalancers(cloud, input.loadBalancers ?? [], definition, scope);
      refuseTakenName(cluster, input.serviceName!);
      const service = createService(cluster, input, scope, cloud.now());
      beginDeployment(service, definition, cloud.now());
      watch.begin(service);
      return { service: describeService(service) };
    },
    UpdateService: async (input: UpdateServiceRequest, scope) => {
      checkUpdateService(input);
      const state = stateOf(scope);
      const service = getService(state, input.cluster, input.service!);
      if (service.status !== "ACTIVE")
        throw new AwsError("ServiceNotActiveException", "Service was not ACTIVE.");
      checkCapacityProviders(service.cluster, input);
      const { definition } = service.deployments[0]!;
      const next = input.taskDefinition ? getRunnableDefinition(state, input.taskDefinition) : definition;
      await checkLoadBalancers(cloud, input.loadBalancers ?? [], next, scope);
      const before = [service.networkConfiguration, service.loadBalancers];
      applyUpdate(service, input);
      const moved = !isDeepStrictEqual(before, [service.networkConfiguration, service.loadBalancers]);
      if (next !== definition || moved || input.forceNewDeployment)
        beginDeployment(service, next, cloud.now());
      watch.touch(service);
      return { service: describeService(service) };
    },
    DeleteService: (input: DeleteServiceRequest, scope) => {
      const service = getService(stateOf(scope), input.cluster, input.service!);
      if (service.status === "INACTIVE") throw notFound();
      if (service.desiredCount > 0 && !input.force)
        throw invalid("The service cannot be stopped while it is scaled above 0.");
      service.desiredCount = 0;
      service.status = "DRAINING";
      const answer = { service: describeService(service) };
      watch.touch(service);
      return answer;
    },
    DescribeServices: (input: DescribeServicesRequest, scope) =>
      describeServices(stateOf(scope), input, scope),
    ListServices: (input: ListServicesRequest, scope) => {
      const cluster = getCluster(stateOf(scope), input.cluster);
      const active = [...cluster.services.values()].filter(({ status }) => status === "ACTIVE");
      const { items, nextToken } = pageOf(active, input, 10);
      return { serviceArns: items.map(({ arn }) => arn), nextToken };
    },
  };
}

function describeServices(state: EcsRegion, input: DescribeServicesRequest, scope: Scope) {
  const wanted = input.services ?? [];
  if (wanted.length === 0) throw invalid("Services cannot be empty.");
  if (wanted.length > MAX_DESCRIBED)
    throw invalid(`Services can have at most ${MAX_DESCRIBED} items; ${wanted.length} were given.`);
  const cluster = getCluster(state, input.cluster);
  const isMissing = (name: string) => !cluster.services.has(nameOf(name));
  return {
    services: wanted
      .filter((name) => !isMissing(name))
      .map((name) => describeService(cluster.services.get(nameOf(name))!, input.include?.includes("TAGS"))),
    failures: wanted.filter(isMissing).map((name) => ({
      arn: name.startsWith("arn:") ? name : ecsArn(scope, `service/${cluster.name}/${name}`),
      reason: "MISSING",
    })),
  };
}

/** Refuses the name of an existing service. The name of an INACTIVE one is free. */
function refuseTakenName({ services }: ClusterRecord, name: string): void {
  const status = services.get(name)?.status;
  if (status === "ACTIVE") throw invalid("Creation of service was not idempotent.");
  if (status === "DRAINING") throw invalid("Unable to Start a service that is still Draining.");
}

function createService(
  cluster: ClusterRecord,
  input: CreateServiceRequest,
  scope: Scope,
  nowMs: number,
): ServiceRecord {
  const name = input.serviceName!;
  const service: ServiceRecord = {
    name,
    arn: ecsArn(scope, `service/${cluster.name}/${name}`),
    region: scope.region,
    cluster,
    status: "ACTIVE",
    desiredCount: input.desiredCount ?? 1,
    loadBalancers: input.loadBalancers ?? [],
    networkConfiguration: input.networkConfiguration,
    deploymentConfiguration: deploymentConfiguration(input.deploymentConfiguration),
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
    recorded: {
      ...(input.capacityProviderStrategy?.length
        ? { capacityProviderStrategy: input.capacityProviderStrategy }
        : { launchType: "FARGATE" }),
      platformVersion: input.platformVersion ?? "LATEST",
      platformFamily: "Linux",
      schedulingStrategy: "REPLICA",
      deploymentController: { type: "ECS" },
      enableECSManagedTags: input.enableECSManagedTags ?? false,
      propagateTags: input.propagateTags ?? "NONE",
      enableExecuteCommand: false,
      availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? "ENABLED",
      createdBy: `arn:aws:iam::${ACCOUNT}:root`,
    },
    tags: input.tags ?? [],
    createdAt: new Date(nowMs),
    deployments: [],
    lastCompleted: undefined,
    events: [],
    steady: false,
  };
  cluster.services.set(name, service);
  return service;
}

function applyUpdate(service: ServiceRecord, input: UpdateServiceRequest): void {
  service.desiredCount = input.desiredCount ?? service.desiredCount;
  service.loadBalancers = input.loadBalancers ?? service.loadBalancers;
  service.networkConfiguration = input.networkConfiguration ?? service.networkConfiguration;
  service.healthCheckGracePeriodSeconds =
    input.healthCheckGracePeriodSeconds ?? service.healthCheckGracePeriodSeconds;
  if (input.deploymentConfiguration)
    service.deploymentConfiguration = deploymentConfiguration({
      ...service.deploymentConfiguration,
      ...input.deploymentConfiguration,
    });
  if (input.capacityProviderStrategy !== undefined) {
    service.recorded.launchType = undefined;
    service.recorded.capacityProviderStrategy = input.capacityProviderStrategy;
  }
  for (const member of ["platformVersion", "propagateTags", "availabilityZoneRebalancing"] as const)
    if (input[member] !== undefined) service.recorded[member] = input[member];
}

/** Adds the API's defaults for rolling updates. */
function deploymentConfiguration(given: DeploymentConfiguration = {}): DeploymentConfiguration {
  return {
    deploymentCircuitBreaker: { enable: false, rollback: false },
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    strategy: "ROLLING",
    ...given,
  };
}

/** Finds a service by name or ARN, in any status. */
function getService(state: EcsRegion, cluster: string | undefined, nameOrArn: string): ServiceRecord {
  const service = getCluster(state, cluster).services.get(nameOf(nameOrArn));
  if (service === undefined) throw notFound();
  return service;
}

function notFound(): AwsError {
  return new AwsError("ServiceNotFoundException", "Service not found.");
}
