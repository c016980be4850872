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
import { ACCOUNT, type Scope } from "../../../cloud.ts";

/** State of one region. */
export interface EcsRegion {
  region: string;
  clusters: Map<string, ClusterRecord>;
  /** Revisions by family; revision n has index n - 1. */
  definitions: Map<string, DefinitionRecord[]>;
}

export interface ClusterRecord {
  name: string;
  arn: string;
  status: "ACTIVE" | "INACTIVE";
  settings: { name?: string; value?: string }[];
  capacityProviders: string[];
  tags: Tag[];
  /** By name. A deleted service stays INACTIVE until a new one takes its name. */
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
  /** Seconds during which failing health checks of a new task are ignored. */
  healthCheckGracePeriodSeconds: number;
  /** Members that are returned as they were given. */
  recorded: Record<string, unknown>;
  tags: Tag[];
  createdAt: Date;
  /** The first is PRIMARY; the others still have tasks. */
  deployments: DeploymentRecord[];
  /** The task definition that a rollback returns to. */
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
  /** Consecutive tasks that ended before they were healthy. */
  failedTasks: number;
  /** Earliest start of the next task, in milliseconds since the epoch: the back-off after failures. */
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
  /** Port on 127.0.0.1 that replaces the container's port. */
  port?: number;
  /** The state that the target group last reported. `undefined` without a target group and before the first report. */
  targetState?: string;
  /** The task runs and its target is healthy. Without a target group, the task has run for `settleMs`. */
  isHealthy: boolean;
  /** The task was healthy once, so its end is not a failure of its deployment. */
  wasHealthy: boolean;
  /** The task was stopped because its target was unhealthy after the grace period. */
  failedHealthChecks: boolean;
  /** The task's end has been counted: see `countFailure`. */
  endCounted: boolean;
  tags: Tag[];
}

/** Returns an ECS ARN. */
export function ecsArn({ region }: Scope, resource: string): string {
  return `arn:aws:ecs:${region}:${ACCOUNT}:${resource}`;
}

/** Returns `name` of `name` and of `arn:…:kind/[cluster/]name`. */
export function nameOf(nameOrArn: string): string {
  return nameOrArn.startsWith("arn:") ? nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1) : nameOrArn;
}

export function environmentOf(pairs: KeyValuePair[] | undefined): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ name, value }) => [name ?? "", value ?? ""]));
}
