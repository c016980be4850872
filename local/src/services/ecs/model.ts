import type {
  DeploymentConfiguration,
  DeploymentRolloutState,
  KeyValuePair,
  LoadBalancer,
  NetworkConfiguration,
  ServiceEvent,
  Tag,
  TaskDefinition,
  TaskStopCode,
} from "@aws-sdk/client-ecs";
import { ACCOUNT, type Scope } from "../../cloud.ts";

/** ECS of one region. */
export interface EcsRegion {
  region: string;
  clusters: Map<string, ClusterRecord>;
  /** Revisions by family; revision n is at n - 1. */
  definitions: Map<string, DefinitionRecord[]>;
}

export interface ClusterRecord {
  name: string;
  arn: string;
  status: "ACTIVE" | "INACTIVE";
  settings: { name?: string; value?: string }[];
  capacityProviders: string[];
  tags: Tag[];
  /** By name; a deleted one stays INACTIVE until its name is taken again. */
  services: Map<string, ServiceRecord>;
  tasks: Map<string, TaskRecord>;
}

export interface DefinitionRecord {
  definition: TaskDefinition & { taskDefinitionArn: string; family: string; revision: number };
  tags: Tag[];
}

export interface ServiceRecord {
  name: string;
  arn: string;
  region: string;
  cluster: ClusterRecord;
  status: "ACTIVE" | "DRAINING" | "INACTIVE";
  desiredCount: number;
  loadBalancers: LoadBalancer[];
  networkConfiguration: NetworkConfiguration | undefined;
  deploymentConfiguration: DeploymentConfiguration;
  /** How long failing health checks of a new task are overlooked. */
  healthCheckGracePeriodSeconds: number;
  /** Members that are given back as they came. */
  recorded: Record<string, unknown>;
  tags: Tag[];
  createdAt: Date;
  /** The first is PRIMARY; the others still have tasks. */
  deployments: DeploymentRecord[];
  /** What a rollback goes back to. */
  lastCompleted: DefinitionRecord | undefined;
  /** Newest first. */
  events: ServiceEvent[];
  steady: boolean;
}

export interface DeploymentRecord {
  id: string;
  definition: DefinitionRecord;
  createdAt: Date;
  updatedAt: Date;
  rolloutState: DeploymentRolloutState;
  rolloutStateReason: string;
  /** Tasks in a row that ended before they were healthy. */
  failedTasks: number;
  /** No task starts before (milliseconds since the epoch): back-off after failures. */
  nextStartAt: number;
}

export type TaskStatus =
  | "PROVISIONING"
  | "PENDING"
  | "RUNNING"
  | "DEACTIVATING"
  | "STOPPING"
  | "DEPROVISIONING"
  | "STOPPED";

export interface TaskRecord {
  id: string;
  arn: string;
  cluster: ClusterRecord;
  region: string;
  serviceName: string;
  deployment: DeploymentRecord;
  definition: DefinitionRecord;
  loadBalancers: LoadBalancer[];
  lastStatus: TaskStatus;
  desiredStatus: "RUNNING" | "STOPPED";
  createdAt: Date;
  pullStartedAt?: Date;
  pullStoppedAt?: Date;
  startedAt?: Date;
  stoppingAt?: Date;
  executionStoppedAt?: Date;
  stoppedAt?: Date;
  stopCode?: TaskStopCode;
  stoppedReason?: string;
  exitCode?: number;
  /** Why the container did not start. */
  containerReason?: string;
  imageDigest?: string;
  /** Id of the process (and its group) on this machine. */
  pid?: number;
  /** Port on 127.0.0.1 that stands for the container's port. */
  port?: number;
  /** As the target groups last told; undefined without target group or before the first look. */
  targetState?: string;
  /** Runs, and its target is healthy; without target group, it has run for a while. */
  isHealthy: boolean;
  /** Was healthy at some time, so its end is no failure of its deployment. */
  wasHealthy: boolean;
  /** Stopped because its target was unhealthy after the grace period. */
  failedHealthChecks: boolean;
  /** Its end has been weighed: see `countFailure`. */
  endCounted: boolean;
  tags: Tag[];
}

/** The parts of ECS ARNs that come after the region. */
export function ecsArn({ region }: Scope, resource: string): string {
  return `arn:aws:ecs:${region}:${ACCOUNT}:${resource}`;
}

/** `name` of `name` and of `arn:…:kind/[cluster/]name`. */
export function nameOf(nameOrArn: string): string {
  return nameOrArn.startsWith("arn:") ? nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1) : nameOrArn;
}

export function environmentOf(pairs: KeyValuePair[] | undefined): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ name, value }) => [name ?? "", value ?? ""]));
}
