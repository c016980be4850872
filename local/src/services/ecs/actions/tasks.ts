import type { DescribeTasksRequest, ListTasksRequest, StopTaskRequest, Task } from "@aws-sdk/client-ecs";
import { type Action, found, type Scope } from "../../../cloud.ts";
import { pageOf } from "../../paging.ts";
import { TASK_ADDRESS } from "../containers/targets.ts";
import { type EcsRegion, ecsArn, nameOf, type TaskRecord } from "../state/model.ts";
import { getCluster } from "./clusters.ts";
import { invalid } from "./service-rules.ts";

/** Maximum number of tasks in one DescribeTasks (ECS API reference). */
const MAX_DESCRIBED = 100;

/** Actions on tasks. */
export function createTaskActions(
  stateOf: (scope: Scope) => EcsRegion,
  stopTask: (task: TaskRecord, reason: string) => void,
): Record<string, Action> {
  return {
    DescribeTasks: (input: DescribeTasksRequest, scope) => {
      const wanted = (input.tasks ?? []).map(nameOf);
      if (wanted.length === 0) throw invalid("Tasks cannot be empty.");
      if (wanted.length > MAX_DESCRIBED)
        throw invalid(`Tasks can have at most ${MAX_DESCRIBED} items; ${wanted.length} were given.`);
      const cluster = getCluster(stateOf(scope), input.cluster);
      const tasks = wanted.map((id) => cluster.tasks.get(id)).filter((task) => task !== undefined);
      const missing = wanted.filter((id) => !cluster.tasks.has(id));
      const withTags = input.include?.includes("TAGS") ?? false;
      return {
        tasks: tasks.map((task) => describeTask(task, withTags)),
        failures: missing.map((id) => ({
          arn: ecsArn(scope, `task/${cluster.name}/${id}`),
          reason: "MISSING",
        })),
      };
    },
    ListTasks: (input: ListTasksRequest, scope) => {
      const cluster = getCluster(stateOf(scope), input.cluster);
      const chosen = [...cluster.tasks.values()].filter((task) => isWanted(task, input));
      const { items, nextToken } = pageOf(chosen, input, 100);
      return { taskArns: items.map(({ arn }) => arn), nextToken };
    },
    StopTask: (input: StopTaskRequest, scope) => {
      const cluster = getCluster(stateOf(scope), input.cluster);
      const task = found(
        cluster.tasks.get(nameOf(input.task ?? "")),
        "InvalidParameterException",
        "The referenced task was not found.",
      );
      stopTask(task, input.reason ?? "Task stopped by user");
      return { task: describeTask(task, true) };
    },
  };
}

function isWanted(task: TaskRecord, input: ListTasksRequest): boolean {
  return (
    task.desiredStatus === (input.desiredStatus ?? "RUNNING") &&
    (!input.serviceName || task.serviceName === nameOf(input.serviceName)) &&
    (!input.family || task.definition.definition.family === input.family) &&
    (!input.startedBy || task.deployment.id === input.startedBy) &&
    (input.launchType ?? "FARGATE") === "FARGATE" &&
    !input.containerInstance
  );
}

function describeTask(task: TaskRecord, withTags: boolean): Task {
  const { definition } = task.definition;
  const container = definition.containerDefinitions![0]!;
  return {
    taskArn: task.arn,
    clusterArn: task.cluster.arn,
    taskDefinitionArn: definition.taskDefinitionArn,
    group: `service:${task.serviceName}`,
    startedBy: task.deployment.id,
    launchType: "FARGATE",
    platformVersion: "1.4.0",
    platformFamily: "Linux",
    availabilityZone: `${task.region}a`,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    cpu: definition.cpu,
    memory: definition.memory,
    createdAt: task.createdAt,
    pullStartedAt: task.pullStartedAt,
    pullStoppedAt: task.pullStoppedAt,
    startedAt: task.startedAt,
    stoppingAt: task.stoppingAt,
    executionStoppedAt: task.executionStoppedAt,
    stoppedAt: task.stoppedAt,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    connectivity: "CONNECTED",
    healthStatus: "UNKNOWN",
    overrides: {},
    attachments: [],
    containers: [
      {
        containerArn: `${task.arn.replace(":task/", ":container/")}/${container.name}`,
        taskArn: task.arn,
        name: container.name,
        image: container.image,
        imageDigest: task.imageDigest,
        runtimeId: task.pid === undefined ? undefined : String(task.pid),
        lastStatus: containerStatus(task),
        exitCode: task.exitCode,
        reason: task.containerReason,
        networkInterfaces: [{ privateIpv4Address: TASK_ADDRESS }],
        networkBindings: task.port === undefined ? [] : [{ hostPort: task.port, bindIP: TASK_ADDRESS }],
      },
    ],
    tags: withTags ? task.tags : undefined,
  };
}

/** Converts a task's status to the smaller set of a container's. */
function containerStatus({ lastStatus, executionStoppedAt }: TaskRecord): string {
  if (lastStatus === "PROVISIONING" || lastStatus === "PENDING") return "PENDING";
  if (lastStatus === "STOPPED" || lastStatus === "DEPROVISIONING" || executionStoppedAt) return "STOPPED";
  return "RUNNING";
}
