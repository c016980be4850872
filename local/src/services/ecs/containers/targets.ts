import type { LoadBalancer } from "@aws-sdk/client-ecs";
import type { Cloud } from "../../../cloud.ts";
import type { TaskRecord } from "../state/model.ts";

/** Address of every task. Only ports distinguish tasks, because all run on this machine. */
export const TASK_ADDRESS = "127.0.0.1";

const targetsOf = (task: TaskRecord) => [{ Id: TASK_ADDRESS, Port: task.port! }];

export async function registerTask(cloud: Cloud, task: TaskRecord): Promise<void> {
  for (const { targetGroupArn } of task.loadBalancers)
    await cloud.call(
      "elbv2",
      "RegisterTargets",
      { TargetGroupArn: targetGroupArn, Targets: targetsOf(task) },
      task,
    );
}

/** Deregisters a task. A deleted target group has no targets, so it is ignored. */
export async function deregisterTask(cloud: Cloud, task: TaskRecord): Promise<void> {
  for (const { targetGroupArn } of task.loadBalancers)
    await unlessGone(
      cloud.call(
        "elbv2",
        "DeregisterTargets",
        { TargetGroupArn: targetGroupArn, Targets: targetsOf(task) },
        task,
      ),
    );
}

/** Whether a target group still drains the task. */
export async function isDraining(cloud: Cloud, task: TaskRecord): Promise<boolean> {
  for (const { targetGroupArn } of task.loadBalancers) {
    const input = { TargetGroupArn: targetGroupArn, Targets: targetsOf(task) };
    const answer = await unlessGone(cloud.call("elbv2", "DescribeTargetHealth", input, task));
    if (stateOf(answer) === "draining") return true;
  }
  return false;
}

/** Returns the state of each task in a target group, by port. */
export async function targetStates(
  cloud: Cloud,
  { targetGroupArn }: LoadBalancer,
  region: string,
): Promise<Map<number, string>> {
  const input = { TargetGroupArn: targetGroupArn };
  const answer = await unlessGone(cloud.call("elbv2", "DescribeTargetHealth", input, { region }));
  const described: TargetHealth[] = answer?.TargetHealthDescriptions ?? [];
  return new Map(described.map(({ Target, TargetHealth }) => [Target.Port, TargetHealth.State]));
}

interface TargetHealth {
  Target: { Id: string; Port: number };
  TargetHealth: { State: string };
}

function stateOf(answer: { TargetHealthDescriptions?: TargetHealth[] } | undefined): string | undefined {
  return answer?.TargetHealthDescriptions?.[0]?.TargetHealth.State;
}

async function unlessGone<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "TargetGroupNotFound" || code === "TargetGroupNotFoundException") return undefined;
    throw error;
  }
}
