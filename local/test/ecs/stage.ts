import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import {
  type ContainerDefinition,
  type CreateServiceCommandInput,
  ECS,
  type Task,
} from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Cloud } from "../../src/cloud.ts";
import { createCloudWatch } from "../../src/services/cloudwatch/cloudwatch.ts";
import { createEcr } from "../../src/services/ecr/ecr.ts";
import { createEcs } from "../../src/services/ecs/ecs.ts";
import type { EcsOptions } from "../../src/services/ecs/keeper/options.ts";
import { createElbv2 } from "../../src/services/elbv2/elbv2.ts";
import { createLogs } from "../../src/services/logs/logs.ts";
import { startEndpoint } from "../../src/wire/endpoint.ts";
import { type ImageFiles, pushImage } from "../ecr/registry-server.ts";
import { until } from "../processes/process-state.ts";

const REGION = "eu-west-1";
const HOST = `123456789012.dkr.ecr.${REGION}.amazonaws.com`;

/** A web server on `PORT`. `/env` returns its environment; after `/sick`, its health check fails. */
const SERVER = `
import { createServer } from "node:http";
let healthy = !process.env.BORN_SICK;
console.log("listening on " + process.env.PORT);
createServer((request, response) => {
  if (request.url === "/sick") healthy = false;
  if (request.url === "/crash") process.exit(3);
  if (request.url === "/env") return response.end(JSON.stringify(process.env));
  if (request.url === "/slow") return setTimeout(() => response.end("done"), 1000);
  response.writeHead(request.url === "/health" && !healthy ? 500 : 200).end("hello");
}).listen(process.env.PORT);
if (process.env.STUBBORN) process.on("SIGTERM", () => console.log("no"));
`;

/** Starts ECS with the services that it needs, all behind SDK clients. `close()` stops them. */
export async function openStage(options: Partial<EcsOptions> = {}) {
  const stateDir = await mkdtemp(join(tmpdir(), "local-aws-ecs-"));
  const cloud = new Cloud({ stateDir });
  const ecr = createEcr(cloud);
  cloud.register("logs", createLogs(cloud));
  cloud.register("monitoring", createCloudWatch(cloud));
  cloud.register("ecr", ecr);
  cloud.register("ecs", createEcs(cloud, { pollMs: 20, drainPollMs: 20, settleMs: 300, ...options }));
  cloud.register("elbv2", createElbv2(cloud, { healthCheckIntervalScale: 0.05 }));
  const handlers = [{ prefix: "/v2/", handle: ecr.handleRegistry }];
  const endpoint = await startEndpoint(cloud, { port: 0, handlers });
  const client = {
    region: REGION,
    endpoint: endpoint.url,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  };
  const ecs = new ECS(client);
  const elb = new ElasticLoadBalancingV2(client);
  const logs = new CloudWatchLogs(client);
  await cloud.call("ecr", "CreateRepository", { repositoryName: "api" }, { region: REGION });
  await ecs.createCluster({ clusterName: "main" });
  const image = await push({ files: { "index.mjs": SERVER } });

  async function push(files: ImageFiles): Promise<string> {
    return `${HOST}/api@${await pushImage(endpoint.url, "api", "any", files)}`;
  }

  /** Registers a task definition and returns its ARN. */
  async function define(container: Partial<ContainerDefinition> = {}, family = "api"): Promise<string> {
    const { taskDefinition } = await ecs.registerTaskDefinition({
      family,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      executionRoleArn: "arn:aws:iam::123456789012:role/execution",
      containerDefinitions: [{ name: "api", image, portMappings: [{ containerPort: 8080 }], ...container }],
    });
    return taskDefinition!.taskDefinitionArn!;
  }

  async function create(serviceName: string, input: Partial<CreateServiceCommandInput> = {}) {
    const { service } = await ecs.createService({
      cluster: "main",
      serviceName,
      desiredCount: 1,
      taskDefinition: input.taskDefinition ?? (await define()),
      networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } },
      ...input,
    });
    return service!;
  }

  async function describe(serviceName: string) {
    const { services } = await ecs.describeServices({ cluster: "main", services: [serviceName] });
    return services![0]!;
  }

  async function tasks(desiredStatus: "RUNNING" | "STOPPED" = "RUNNING"): Promise<Task[]> {
    const { taskArns } = await ecs.listTasks({ cluster: "main", desiredStatus });
    if (taskArns!.length === 0) return [];
    return (await ecs.describeTasks({ cluster: "main", tasks: taskArns })).tasks!;
  }

  /** A load balancer with a target group behind a rule that matches everything. */
  async function balance(attached = true) {
    const { TargetGroups } = await elb.createTargetGroup({
      Name: attached ? "group" : "loose",
      Protocol: "HTTP",
      Port: 8080,
      VpcId: "vpc-1",
      TargetType: "ip",
      HealthCheckPath: "/health",
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      UnhealthyThresholdCount: 2,
      HealthyThresholdCount: 2,
    });
    const targetGroupArn = TargetGroups![0]!.TargetGroupArn!;
    const loadBalancers = [{ targetGroupArn, containerName: "api", containerPort: 8080 }];
    if (!attached) return { targetGroupArn, loadBalancers, url: "" };
    const made = await elb.createLoadBalancer({ Name: "edge", Subnets: ["subnet-1", "subnet-2"] });
    const { LoadBalancerArn, DNSName } = made.LoadBalancers![0]!;
    const DefaultActions = [{ Type: "forward" as const, TargetGroupArn: targetGroupArn }];
    await elb.createListener({ LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions });
    const url = `http://127.0.0.1:${cloud.listenerPorts.get(`${DNSName}:80`)}`;
    return { targetGroupArn, loadBalancers, url };
  }

  const steady = (name: string) =>
    until(async () => (await describe(name)).deployments![0]!.rolloutState === "COMPLETED");

  return {
    cloud,
    ecs,
    elb,
    logs,
    image,
    push,
    define,
    create,
    describe,
    tasks,
    balance,
    steady,
    async close() {
      for (const one of [ecs, elb, logs]) one.destroy();
      await endpoint.close();
      await cloud.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

export function portOf(task: Task): number {
  return task.containers![0]!.networkBindings![0]!.hostPort!;
}

export function pidOf(task: Task): number {
  return Number(task.containers![0]!.runtimeId);
}
