import type {
  Cluster,
  CreateClusterRequest,
  DeleteClusterRequest,
  DescribeClustersRequest,
  ListClustersRequest,
  PutClusterCapacityProvidersRequest,
  UpdateClusterRequest,
} from "@aws-sdk/client-ecs";
import { AwsError } from "../../../aws-error.ts";
import { type Action, found, type Scope } from "../../../cloud.ts";
import { refuseUnknown } from "../../known-members.ts";
import { pageOf } from "../../paging.ts";
import { type ClusterRecord, type EcsRegion, ecsArn, nameOf } from "../state/model.ts";

const KNOWN = ["clusterName", "tags", "settings", "configuration", "capacityProviders"];

/** Actions on clusters. Capacity providers and settings are only recorded, because there is one machine. */
export function createClusterActions(stateOf: (scope: Scope) => EcsRegion): Record<string, Action> {
  return {
    CreateCluster: (input: CreateClusterRequest, scope) => {
      refuseUnknown("ecs:CreateCluster", input, [...KNOWN, "defaultCapacityProviderStrategy"]);
      const { clusters } = stateOf(scope);
      const name = input.clusterName ?? "default";
      const present = clusters.get(name);
      if (present?.status === "ACTIVE") return { cluster: describeCluster(present) };
      const cluster: ClusterRecord = {
        name,
        arn: ecsArn(scope, `cluster/${name}`),
        status: "ACTIVE",
        settings: input.settings ?? [{ name: "containerInsights", value: "disabled" }],
        capacityProviders: input.capacityProviders ?? [],
        tags: input.tags ?? [],
        services: new Map(),
        tasks: new Map(),
      };
      clusters.set(name, cluster);
      return { cluster: describeCluster(cluster) };
    },
    UpdateCluster: (input: UpdateClusterRequest, scope) => {
      refuseUnknown("ecs:UpdateCluster", input, ["cluster", "settings", "configuration"]);
      const cluster = getCluster(stateOf(scope), input.cluster);
      cluster.settings = input.settings ?? cluster.settings;
      return { cluster: describeCluster(cluster) };
    },
    PutClusterCapacityProviders: (input: PutClusterCapacityProvidersRequest, scope) => {
      const cluster = getCluster(stateOf(scope), input.cluster);
      cluster.capacityProviders = input.capacityProviders ?? [];
      return { cluster: describeCluster(cluster) };
    },
    DescribeClusters: (input: DescribeClustersRequest, scope) => {
      const state = stateOf(scope);
      const names = (input.clusters?.length ? input.clusters : ["default"]).map(nameOf);
      const known = names.map((name) => state.clusters.get(name)).filter((one) => one !== undefined);
      const missing = names.filter((name) => !state.clusters.has(name));
      return {
        clusters: known.map(describeCluster),
        failures: missing.map((name) => ({ arn: ecsArn(scope, `cluster/${name}`), reason: "MISSING" })),
      };
    },
    ListClusters: (input: ListClustersRequest, scope) => {
      const active = [...stateOf(scope).clusters.values()].filter(({ status }) => status === "ACTIVE");
      const { items, nextToken } = pageOf(active, input, 100);
      return { clusterArns: items.map(({ arn }) => arn), nextToken };
    },
    DeleteCluster: (input: DeleteClusterRequest, scope) => {
      const cluster = getCluster(stateOf(scope), input.cluster);
      if ([...cluster.services.values()].some(({ status }) => status !== "INACTIVE"))
        throw new AwsError(
          "ClusterContainsServicesException",
          "The Cluster cannot be deleted while Services are active.",
        );
      if ([...cluster.tasks.values()].some(({ lastStatus }) => lastStatus !== "STOPPED"))
        throw new AwsError(
          "ClusterContainsTasksException",
          "The Cluster cannot be deleted while Tasks are active.",
        );
      cluster.status = "INACTIVE";
      return { cluster: describeCluster(cluster) };
    },
  };
}

/** Finds an active cluster by name or ARN; by default the one named `default`. */
export function getCluster(state: EcsRegion, nameOrArn: string | undefined): ClusterRecord {
  const cluster = state.clusters.get(nameOf(nameOrArn ?? "default"));
  return found(
    cluster?.status === "ACTIVE" ? cluster : undefined,
    "ClusterNotFoundException",
    "Cluster not found.",
  );
}

function describeCluster(cluster: ClusterRecord): Cluster {
  const services = [...cluster.services.values()];
  const count = (status: string) =>
    [...cluster.tasks.values()].filter((task) => task.lastStatus === status).length;
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: count("RUNNING"),
    pendingTasksCount: count("PENDING") + count("PROVISIONING"),
    activeServicesCount: services.filter(({ status }) => status === "ACTIVE").length,
    statistics: [],
    settings: cluster.settings as Cluster["settings"],
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: [],
    tags: cluster.tags,
  };
}
