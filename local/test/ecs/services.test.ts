import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isGone, until } from "../processes/process-state.ts";
import { openStage, pidOf, portOf, type Stage } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

describe("a service", () => {
  it("runs its tasks as processes with exactly the environments of the task definition and of AWS", async () => {
    const environment = [
      { name: "COLOUR", value: "blue" },
      { name: "PORT", value: "8080" },
    ];
    await stage.create("web", { taskDefinition: await stage.define({ environment }) });
    await stage.steady("web");
    const [task] = await stage.tasks();
    const ask = () => fetch(`http://127.0.0.1:${portOf(task!)}/env`);
    // Without a load balancer, the service does not wait until the task listens.
    await until(() =>
      ask().then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    const env = (await (await ask()).json()) as Record<string, string>;
    expect(env).toMatchObject({
      COLOUR: "blue",
      PORT: String(portOf(task!)),
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL: stage.cloud.endpoint,
    });
    expect(Object.keys(env).filter((name) => !/^(AWS_.*|PORT|PATH|COLOUR)$/.test(name))).toEqual([]);
  });

  it("replaces a task that ended", async () => {
    await stage.create("web");
    await stage.steady("web");
    const [first] = await stage.tasks();
    process.kill(pidOf(first!), "SIGKILL");
    await until(async () => {
      const [second] = await stage.tasks();
      return second?.lastStatus === "RUNNING" && second.taskArn !== first!.taskArn;
    });
    await until(async () => (await stage.tasks("STOPPED"))[0]?.lastStatus === "STOPPED");
    expect((await stage.tasks("STOPPED"))[0]).toMatchObject({
      stopCode: "EssentialContainerExited",
      containers: [{ exitCode: 137 }],
    });
  });

  it("scales with UpdateService and deletes the folders of stopped tasks", async () => {
    await stage.create("web", { desiredCount: 2 });
    await stage.steady("web");
    expect(await stage.describe("web")).toMatchObject({ runningCount: 2, pendingCount: 0 });
    await stage.ecs.updateService({ cluster: "main", service: "web", desiredCount: 0 });
    await until(async () => (await stage.describe("web")).runningCount === 0);
    await until(async () => (await readdir(join(stage.cloud.stateDir, "ecs"))).length === 0);
  });

  it("moves to another capacity provider of its cluster with a new deployment, and to no other", async () => {
    await stage.ecs.putClusterCapacityProviders({
      cluster: "main",
      capacityProviders: ["FARGATE", "FARGATE_SPOT"],
      defaultCapacityProviderStrategy: [],
    });
    await stage.create("web");
    await stage.steady("web");
    const [before] = await stage.tasks();
    const move = (capacityProvider: string, forceNewDeployment = true) =>
      stage.ecs.updateService({
        cluster: "main",
        service: "web",
        capacityProviderStrategy: [{ capacityProvider, weight: 1 }],
        forceNewDeployment,
      });
    await expect(move("FARGATE_SPOT", false)).rejects.toThrow(/must force a new deployment/);
    await expect(move("EC2")).rejects.toThrow(/'EC2' was not found/);
    await move("FARGATE_SPOT");
    await stage.steady("web");
    const service = await stage.describe("web");
    expect(service.capacityProviderStrategy).toMatchObject([{ capacityProvider: "FARGATE_SPOT" }]);
    expect(service.launchType).toBeUndefined();
    expect((await stage.tasks())[0]!.taskArn).not.toBe(before!.taskArn);
  });

  it("replaces its tasks for a new task definition and drops the old deployment", async () => {
    await stage.create("web");
    await stage.steady("web");
    const taskDefinition = await stage.define({ environment: [{ name: "COLOUR", value: "red" }] });
    await stage.ecs.updateService({ cluster: "main", service: "web", taskDefinition });
    expect((await stage.describe("web")).deployments).toHaveLength(2);
    await stage.steady("web");
    const { deployments } = await stage.describe("web");
    expect(deployments).toMatchObject([{ status: "PRIMARY", taskDefinition, runningCount: 1 }]);
    expect(await stage.tasks()).toMatchObject([{ taskDefinitionArn: taskDefinition }]);
  });

  it("keeps its deployment when an update changes only the count", async () => {
    const { deployments, networkConfiguration } = await stage.create("web", { desiredCount: 0 });
    const update = { cluster: "main", service: "web", desiredCount: 1, networkConfiguration };
    const { service } = await stage.ecs.updateService({ ...update, loadBalancers: [] });
    expect(service!.deployments!.map(({ id }) => id)).toEqual([deployments![0]!.id]);
  });

  it("is DRAINING, then INACTIVE after its deletion, and only then is its name free", async () => {
    await stage.create("web");
    await stage.steady("web");
    const named = { cluster: "main", service: "web" };
    await expect(stage.create("web")).rejects.toThrow("not idempotent");
    await expect(stage.ecs.deleteService(named)).rejects.toThrow("scaled above 0");
    const { service } = await stage.ecs.deleteService({ ...named, force: true });
    expect(service!.status).toBe("DRAINING");
    await expect(stage.create("web")).rejects.toThrow("still Draining");
    await expect(stage.ecs.updateService({ ...named, desiredCount: 1 })).rejects.toMatchObject({
      name: "ServiceNotActiveException",
    });
    await until(async () => (await stage.describe("web")).status === "INACTIVE");
    expect((await stage.ecs.listServices({ cluster: "main" })).serviceArns).toEqual([]);
    expect(await stage.tasks()).toEqual([]);
    await stage.create("web");
  });

  it("writes its output to the log group of its definition", async () => {
    await stage.logs.createLogGroup({ logGroupName: "/app" });
    const options = {
      "awslogs-group": "/app",
      "awslogs-region": "eu-west-1",
      "awslogs-stream-prefix": "api",
    };
    await stage.create("web", {
      taskDefinition: await stage.define({ logConfiguration: { logDriver: "awslogs", options } }),
    });
    await stage.steady("web");
    const [task] = await stage.tasks();
    const logStreamName = `api/api/${task!.taskArn!.split("/").at(-1)}`;
    await until(async () => {
      const { events } = await stage.logs.getLogEvents({ logGroupName: "/app", logStreamName });
      return events![0]?.message === `listening on ${portOf(task!)}`;
    });
  });

  it("does not start tasks whose log group or image is missing", async () => {
    const options = {
      "awslogs-group": "/none",
      "awslogs-region": "eu-west-1",
      "awslogs-stream-prefix": "api",
    };
    const layered = await stage.push({
      files: { "index.mjs": "" },
      layerType: "application/vnd.oci.image.layer.v1.tar",
    });
    await stage.create("unlogged", {
      taskDefinition: await stage.define({ logConfiguration: { logDriver: "awslogs", options } }),
    });
    await stage.create("unpulled", { taskDefinition: await stage.define({ image: layered }) });
    const reasons = async () => (await stage.tasks("STOPPED")).map((task) => task.stoppedReason).join("\n");
    await until(async () => /ResourceInitializationError: .*\/none/.test(await reasons()));
    await until(async () => /CannotPullContainerError: .*oci\.image\.layer/.test(await reasons()));
  });

  it("fails its deployment with the circuit breaker when tasks keep ending, and starts no more", async () => {
    const taskDefinition = await stage.define({ command: ["false"] });
    const deploymentCircuitBreaker = { enable: true, rollback: false };
    await stage.create("web", { taskDefinition, deploymentConfiguration: { deploymentCircuitBreaker } });
    await until(async () => (await stage.describe("web")).deployments![0]!.rolloutState === "FAILED");
    const { deployments, events } = await stage.describe("web");
    expect(deployments![0]).toMatchObject({ failedTasks: 3, status: "PRIMARY" });
    expect(events![0]!.message).toContain("deployment failed: tasks failed to start");
    expect(await stage.tasks()).toEqual([]);
  });

  it("rolls back to the last working definition if rollback is enabled", async () => {
    const deploymentCircuitBreaker = { enable: true, rollback: true };
    const good = await stage.define();
    await stage.create("web", {
      taskDefinition: good,
      deploymentConfiguration: { deploymentCircuitBreaker },
    });
    await stage.steady("web");
    const bad = await stage.define({ command: ["false"] });
    await stage.ecs.updateService({ cluster: "main", service: "web", taskDefinition: bad });
    await until(async () => (await stage.describe("web")).taskDefinition === good);
    await stage.steady("web");
    expect(await stage.tasks()).toMatchObject([{ taskDefinitionArn: good, lastStatus: "RUNNING" }]);
  });
});

describe("closing the cloud", () => {
  it("leaves no process, even of a task that ignores SIGTERM", async () => {
    const own = await openStage({ closeGraceMs: 100 });
    const environment = [{ name: "STUBBORN", value: "1" }];
    await own.create("web", { desiredCount: 2, taskDefinition: await own.define({ environment }) });
    await own.steady("web");
    const pids = (await own.tasks()).map(pidOf);
    expect(pids.some(isGone)).toBe(false);
    await own.close();
    expect(pids.every(isGone)).toBe(true);
  });
});
