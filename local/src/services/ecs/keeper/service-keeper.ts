import { randomBytes } from "node:crypto";
import type { Cloud } from "../../../cloud.ts";
import type { ContainerHost } from "../containers/container-host.ts";
import { targetStates } from "../containers/targets.ts";
import { TaskRun } from "../containers/task-run.ts";
import { ecsArn, type ServiceRecord, type TaskRecord } from "../state/model.ts";
import { advanceRollout, countFailure } from "./deployments.ts";
import type { EcsOptions } from "./options.ts";
import { planService, type ServicePlan } from "./plan-service.ts";
import { addEvent } from "./service-events.ts";

/** How long a stopped task can be described (ECS API reference, DescribeTasks). */
const STOPPED_TASK_LIFE_MS = 60 * 60 * 1000;

/** Keeps one service at its desired count, from its creation until it is INACTIVE. */
export class ServiceKeeper {
  readonly #cloud: Cloud;
  readonly #host: ContainerHost;
  readonly #service: ServiceRecord;
  readonly #options: EcsOptions;
  readonly #runs = new Map<TaskRecord, TaskRun>();
  readonly #closing = new AbortController();
  readonly #polling: Promise<void>;

  constructor(cloud: Cloud, host: ContainerHost, service: ServiceRecord, options: EcsOptions) {
    this.#cloud = cloud;
    this.#host = host;
    this.#service = service;
    this.#options = options;
    this.touch();
    this.#polling = this.#poll();
  }

  /** Starts and stops tasks according to the service's present state. */
  touch(): void {
    const service = this.#service;
    if (this.#closing.signal.aborted || service.status === "INACTIVE") return;
    const now = this.#cloud.now();
    const tasks = this.#tasks();
    for (const task of tasks) updateHealth(task, this.#options.settleMs, now);
    this.#act(tasks.filter(({ desiredStatus }) => desiredStatus === "RUNNING"));
    if (service.status === "ACTIVE") advanceRollout(service, this.#tasks(), now);
  }

  stopTask(task: TaskRecord, reason: string): void {
    this.#runs.get(task)?.stop(reason, "UserInitiated");
  }

  /** Stops all tasks without draining. */
  abort(): void {
    this.#closing.abort();
    for (const run of this.#runs.values()) run.abort();
  }

  /** Resolves when all tasks are STOPPED. */
  async ended(): Promise<void> {
    await Promise.all([this.#polling, ...[...this.#runs.values()].map(({ stopped }) => stopped)]);
  }

  /** Tasks that are not STOPPED, oldest first. */
  #tasks(): TaskRecord[] {
    return [...this.#runs.keys()].filter(({ lastStatus }) => lastStatus !== "STOPPED");
  }

  #act(tasks: TaskRecord[]): void {
    const service = this.#service;
    const primary = service.deployments[0]!;
    const plan = planService({
      desiredCount: service.desiredCount,
      minimumHealthyPercent: service.deploymentConfiguration.minimumHealthyPercent!,
      maximumPercent: service.deploymentConfiguration.maximumPercent!,
      tasks: tasks.map((task) => ({
        id: task.id,
        primary: task.deployment === primary,
        healthy: task.isHealthy,
        failing: this.#isFailing(task),
      })),
    });
    for (const { id, why } of plan.stop) this.#stop(tasks.find((task) => task.id === id)!, why);
    const mayStart = primary.rolloutState !== "FAILED" && this.#cloud.now() >= primary.nextStartAt;
    if (mayStart && plan.start > 0) this.#start(plan.start);
  }

  #start(count: number): void {
    const tasks = Array.from({ length: count }, () => createTask(this.#service, this.#cloud.now()));
    const names = tasks.map(({ id }) => `(task ${id})`).join(" ");
    addEvent(this.#service, `has started ${count} tasks: ${names}.`, this.#cloud.now());
    for (const task of tasks) {
      const run = new TaskRun(this.#cloud, this.#host, task, {
        ...this.#options,
        changed: () => this.#taskChanged(task),
      });
      this.#runs.set(task, run);
      void run.stopped.then(() => {
        this.#runs.delete(task);
        this.touch();
      });
    }
  }

  #taskChanged(task: TaskRecord): void {
    const now = this.#cloud.now();
    if (task.desiredStatus === "STOPPED") countFailure(task, this.#options.backoffMs, now);
    const verb = { RUNNING: "registered", DEACTIVATING: "deregistered" }[task.lastStatus as string];
    for (const { targetGroupArn } of verb === undefined ? [] : task.loadBalancers)
      addEvent(this.#service, `${verb} 1 targets in (target-group ${targetGroupArn})`, now);
    this.touch();
  }

  #stop(task: TaskRecord, why: ServicePlan["stop"][number]["why"]): void {
    const [loadBalancer] = task.loadBalancers;
    const now = this.#cloud.now();
    let reason = `Scaling activity initiated by (deployment ${task.deployment.id})`;
    if (why === "failing") {
      const group = `(target-group ${loadBalancer?.targetGroupArn})`;
      const port = loadBalancer?.containerPort;
      addEvent(
        this.#service,
        `(port ${port}) is unhealthy in ${group} due to (reason Health checks failed)`,
        now,
      );
      reason = `Task failed ELB health checks in ${group}`;
      task.failedHealthChecks = true;
    }
    this.#runs.get(task)?.stop(reason, "ServiceSchedulerInitiated");
    countFailure(task, this.#options.backoffMs, now);
    addEvent(this.#service, `has stopped 1 running tasks: (task ${task.id}).`, now);
  }

  #isFailing(task: TaskRecord): boolean {
    const graceMs = this.#service.healthCheckGracePeriodSeconds * 1000;
    const unhealthy = task.lastStatus === "RUNNING" && task.targetState === "unhealthy";
    return unhealthy && this.#cloud.now() - task.startedAt!.getTime() >= graceMs;
  }

  async #poll(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && this.#service.status !== "INACTIVE") {
      await this.#cloud.timers.wait(this.#options.pollMs, { signal, unref: true });
      await this.#readTargetStates().catch((error: Error) => {
        if (!signal.aborted) this.#cloud.log(`${this.#service.arn}: ${error.message}`);
      });
      this.#deleteOldTasks();
      this.touch();
      // A deleted service stays DRAINING for one interval before it is INACTIVE, even without tasks.
      if (this.#service.status === "DRAINING" && this.#runs.size === 0) this.#service.status = "INACTIVE";
    }
  }

  async #readTargetStates(): Promise<void> {
    const [loadBalancer] = this.#service.loadBalancers;
    const running = this.#tasks().filter(({ lastStatus }) => lastStatus === "RUNNING");
    if (loadBalancer === undefined || running.length === 0) return;
    const states = await targetStates(this.#cloud, loadBalancer, this.#service.region);
    for (const task of running) task.targetState = states.get(task.port!) ?? "unused";
  }

  #deleteOldTasks(): void {
    const { tasks } = this.#service.cluster;
    for (const task of tasks.values())
      if (task.stoppedAt && this.#cloud.now() - task.stoppedAt.getTime() > STOPPED_TASK_LIFE_MS)
        tasks.delete(task.id);
  }
}

/** Records whether a task is healthy now. */
function updateHealth(task: TaskRecord, settleMs: number, nowMs: number): void {
  const settled = nowMs - (task.startedAt?.getTime() ?? nowMs) >= settleMs;
  task.isHealthy =
    task.lastStatus === "RUNNING" &&
    (task.loadBalancers.length === 0 ? settled : task.targetState === "healthy");
  if (!task.isHealthy || task.wasHealthy) return;
  task.wasHealthy = true;
  task.deployment.failedTasks = 0;
}

function createTask(service: ServiceRecord, nowMs: number): TaskRecord {
  const { cluster, region } = service;
  const deployment = service.deployments[0]!;
  const id = randomBytes(16).toString("hex");
  const task: TaskRecord = {
    id,
    arn: ecsArn({ region }, `task/${cluster.name}/${id}`),
    cluster,
    region,
    serviceName: service.name,
    deployment,
    definition: deployment.definition,
    loadBalancers: service.loadBalancers,
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    createdAt: new Date(nowMs),
    isHealthy: false,
    wasHealthy: false,
    failedHealthChecks: false,
    endCounted: false,
    tags: service.recorded.propagateTags === "SERVICE" ? service.tags : [],
  };
  cluster.tasks.set(id, task);
  return task;
}
