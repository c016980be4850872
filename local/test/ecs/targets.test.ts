import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isGone, until } from "../processes/process-state.ts";
import { openStage, pidOf, portOf, type Stage } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

describe("a service with a target group", () => {
  it("is steady when its targets are healthy, and is reachable through the load balancer", async () => {
    const { loadBalancers, url, targetGroupArn } = await stage.balance();
    await stage.create("web", { loadBalancers, desiredCount: 2 });
    await stage.steady("web");
    const { TargetHealthDescriptions } = await stage.elb.describeTargetHealth({
      TargetGroupArn: targetGroupArn,
    });
    const ports = (await stage.tasks()).map(portOf).sort();
    expect(TargetHealthDescriptions!.map(({ Target }) => Target!.Port).sort()).toEqual(ports);
    expect(await (await fetch(url)).text()).toBe("hello");
  });

  it("replaces a task whose target is unhealthy", async () => {
    const { loadBalancers } = await stage.balance();
    await stage.create("web", { loadBalancers });
    await stage.steady("web");
    const [sick] = await stage.tasks();
    await fetch(`http://127.0.0.1:${portOf(sick!)}/sick`);
    await until(async () => isGone(pidOf(sick!)));
    const { tasks } = await stage.ecs.describeTasks({ cluster: "main", tasks: [sick!.taskArn!] });
    expect(tasks![0]!.stoppedReason).toContain("Task failed ELB health checks");
    await until(async () => (await stage.tasks())[0]?.lastStatus === "RUNNING");
  });

  it("keeps a new unhealthy task during its grace period", async () => {
    const { loadBalancers, targetGroupArn } = await stage.balance();
    const taskDefinition = await stage.define({ environment: [{ name: "BORN_SICK", value: "1" }] });
    await stage.create("web", { loadBalancers, taskDefinition, healthCheckGracePeriodSeconds: 600 });
    await until(async () => {
      const health = await stage.elb.describeTargetHealth({ TargetGroupArn: targetGroupArn });
      return health.TargetHealthDescriptions![0]?.TargetHealth?.State === "unhealthy";
    });
    expect(await stage.describe("web")).toMatchObject({
      runningCount: 1,
      deployments: [{ rolloutState: "IN_PROGRESS", failedTasks: 0 }],
    });
  });

  it("fails its deployment when targets never become healthy", async () => {
    const { loadBalancers } = await stage.balance();
    const taskDefinition = await stage.define({ environment: [{ name: "BORN_SICK", value: "1" }] });
    const deploymentCircuitBreaker = { enable: true, rollback: false };
    await stage.create("web", {
      loadBalancers,
      taskDefinition,
      deploymentConfiguration: { deploymentCircuitBreaker },
    });
    await until(async () => (await stage.describe("web")).deployments![0]!.rolloutState === "FAILED");
  });

  it("lets a task finish its requests before it gets SIGTERM", async () => {
    const { loadBalancers, url } = await stage.balance();
    await stage.create("web", { loadBalancers });
    await stage.steady("web");
    const [task] = await stage.tasks();
    const slow = fetch(`${url}/slow`).then((answer) => answer.text());
    await until(async () => (await inFlight(task!.taskArn!)) === "RUNNING");
    await stage.ecs.updateService({ cluster: "main", service: "web", desiredCount: 0 });
    await until(async () => (await inFlight(task!.taskArn!)) === "DEACTIVATING");
    expect(await slow).toBe("done");
    await until(async () => (await inFlight(task!.taskArn!)) === "STOPPED");
    const { tasks } = await stage.ecs.describeTasks({ cluster: "main", tasks: [task!.taskArn!] });
    expect(tasks![0]!.containers![0]!.exitCode).toBe(143);

    async function inFlight(arn: string) {
      return (await stage.ecs.describeTasks({ cluster: "main", tasks: [arn] })).tasks![0]!.lastStatus;
    }
  });

  it("is refused when its target group belongs to no load balancer", async () => {
    const { loadBalancers } = await stage.balance(false);
    await expect(stage.create("web", { loadBalancers })).rejects.toThrow(
      "does not have an associated load balancer",
    );
  });

  it("is refused when the container lacks the port", async () => {
    const { targetGroupArn } = await stage.balance();
    const loadBalancers = [{ targetGroupArn, containerName: "api", containerPort: 9 }];
    await expect(stage.create("web", { loadBalancers })).rejects.toThrow("container port 9");
  });
});
