import { randomInt } from "node:crypto";
import type { DefinitionRecord, DeploymentRecord, ServiceRecord, TaskRecord } from "../state/model.ts";
import { addEvent } from "./service-events.ts";

/** Bounds of the circuit breaker's threshold, which is half the desired count (ECS developer guide). */
const MIN_FAILURES = 3;
const MAX_FAILURES = 200;

/** Adds a new PRIMARY deployment. The previous one becomes an old deployment. */
export function beginDeployment(
  service: ServiceRecord,
  definition: DefinitionRecord,
  nowMs: number,
  reason?: string,
): DeploymentRecord {
  const id = `ecs-svc/${Array.from({ length: 19 }, () => randomInt(1, 10)).join("")}`;
  const deployment: DeploymentRecord = {
    id,
    definition,
    createdAt: new Date(nowMs),
    updatedAt: new Date(nowMs),
    rolloutState: "IN_PROGRESS",
    rolloutStateReason: reason ?? `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    nextStartAt: 0,
  };
  service.deployments.unshift(deployment);
  service.steady = false;
  return deployment;
}

/**
 * Counts a task's failure once. A task has failed if it was never healthy, and it ended on its own or was stopped
 * because of failed health checks.
 */
export function countFailure(task: TaskRecord, backOff: (failures: number) => number, nowMs: number): void {
  if (task.endCounted) return;
  task.endCounted = true;
  const unrequested = task.stopCode === "EssentialContainerExited" || task.stopCode === "TaskFailedToStart";
  if (task.wasHealthy || !(unrequested || task.failedHealthChecks)) return;
  const { deployment } = task;
  deployment.failedTasks++;
  deployment.nextStartAt = nowMs + backOff(deployment.failedTasks);
}

/** Advances the rollout. Removes old deployments without tasks; the newest one completes, fails or is rolled back. */
export function advanceRollout(service: ServiceRecord, tasks: TaskRecord[], nowMs: number): void {
  service.deployments = service.deployments.filter(
    (deployment, index) => index === 0 || tasks.some((task) => task.deployment === deployment),
  );
  const primary = service.deployments[0]!;
  if (primary.rolloutState === "IN_PROGRESS" && isBroken(service, primary)) {
    failDeployment(service, primary, nowMs);
    return;
  }
  const isWhole =
    service.deployments.length === 1 &&
    tasks.length === service.desiredCount &&
    tasks.every((task) => task.desiredStatus === "RUNNING" && task.isHealthy);
  if (!isWhole) {
    service.steady = false;
    return;
  }
  if (primary.rolloutState === "IN_PROGRESS") {
    change(primary, "COMPLETED", `ECS deployment ${primary.id} completed.`, nowMs);
    service.lastCompleted = primary.definition;
    addEvent(service, `(deployment ${primary.id}) deployment completed.`, nowMs);
  }
  if (!service.steady && primary.rolloutState === "COMPLETED")
    addEvent(service, "has reached a steady state.", nowMs);
  service.steady = true;
}

function isBroken(service: ServiceRecord, { failedTasks }: DeploymentRecord): boolean {
  const half = Math.ceil(service.desiredCount / 2);
  const threshold = Math.min(MAX_FAILURES, Math.max(MIN_FAILURES, half));
  return (
    service.deploymentConfiguration.deploymentCircuitBreaker?.enable === true && failedTasks >= threshold
  );
}

/** Fails a deployment. Without a rollback target, it stays and starts no further tasks. */
function failDeployment(service: ServiceRecord, failed: DeploymentRecord, nowMs: number): void {
  const why = "ECS deployment circuit breaker: tasks failed to start.";
  change(failed, "FAILED", why, nowMs);
  addEvent(service, `(deployment ${failed.id}) deployment failed: tasks failed to start.`, nowMs);
  const target = service.lastCompleted;
  const wanted = service.deploymentConfiguration.deploymentCircuitBreaker?.rollback === true;
  if (!wanted || target === undefined || target === failed.definition) return;
  const reason = "ECS deployment circuit breaker: rolling back.";
  const rollback = beginDeployment(service, target, nowMs, reason);
  addEvent(service, `rolling back to (deployment ${rollback.id}).`, nowMs);
}

function change(
  deployment: DeploymentRecord,
  state: DeploymentRecord["rolloutState"],
  reason: string,
  nowMs: number,
): void {
  deployment.rolloutState = state;
  deployment.rolloutStateReason = reason;
  deployment.updatedAt = new Date(nowMs);
}
