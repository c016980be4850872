import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  type CreateRuleCommandInput,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { Cloud } from "../../src/cloud.ts";
import { createElbv2, type Elbv2, type Elbv2Options } from "../../src/services/elbv2/elbv2.ts";
import { startEndpoint } from "../../src/wire/endpoint.ts";

/** Starts the service behind the real endpoint, with the official client. */
export interface Stage {
  cloud: Cloud;
  service: Elbv2;
  client: ElasticLoadBalancingV2Client;
  close(): Promise<void>;
}

export async function openStage(options: Elbv2Options = {}): Promise<Stage> {
  const cloud = new Cloud({ stateDir: "/nowhere" });
  const service = createElbv2(cloud, options);
  cloud.register("elbv2", service);
  const endpoint = await startEndpoint(cloud, { port: 0 });
  const client = new ElasticLoadBalancingV2Client({
    endpoint: endpoint.url,
    region: "eu-west-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  return {
    cloud,
    service,
    client,
    async close() {
      client.destroy();
      await endpoint.close();
      await cloud.close();
    },
  };
}

export async function createLoadBalancer(
  client: ElasticLoadBalancingV2Client,
  name = "edge",
): Promise<string> {
  const Subnets = ["subnet-a", "subnet-b"];
  const { LoadBalancers } = await client.send(new CreateLoadBalancerCommand({ Name: name, Subnets }));
  return LoadBalancers![0]!.LoadBalancerArn!;
}

export async function createListener(
  client: ElasticLoadBalancingV2Client,
  LoadBalancerArn: string,
  Port = 80,
): Promise<string> {
  const DefaultActions = [FORBIDDEN];
  const made = await client.send(
    new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTP", Port, DefaultActions }),
  );
  return made.Listeners![0]!.ListenerArn!;
}

export async function createTargetGroup(
  client: ElasticLoadBalancingV2Client,
  Name: string,
  settings: Partial<CreateTargetGroupCommandInput> = {},
): Promise<string> {
  const made = await client.send(
    new CreateTargetGroupCommand({
      ...{ Name, Protocol: "HTTP", Port: 8080, VpcId: "vpc-1", TargetType: "ip" },
      ...settings,
    }),
  );
  return made.TargetGroups![0]!.TargetGroupArn!;
}

export const FORBIDDEN = {
  Type: "fixed-response",
  FixedResponseConfig: { StatusCode: "403", ContentType: "text/plain", MessageBody: "no" },
} as const;

export function ruleFor(
  ListenerArn: string,
  Priority: number,
  TargetGroupArn: string,
): CreateRuleCommandInput {
  return {
    ListenerArn,
    Priority,
    Conditions: [{ Field: "host-header", Values: [`v${Priority}.shop.internal`] }],
    Actions: [{ Type: "forward", TargetGroupArn }],
  };
}
