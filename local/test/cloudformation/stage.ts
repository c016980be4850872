import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
} from "@aws-sdk/client-cloudformation";
import { SSMClient } from "@aws-sdk/client-ssm";
import { Cloud, type Service, type ServiceName } from "../../src/cloud.ts";
import {
  type CloudFormationService,
  createCloudFormation,
} from "../../src/services/cloudformation/cloudformation.ts";
import type { EngineOptions } from "../../src/services/cloudformation/stack/engine.ts";
import { createEc2 } from "../../src/services/ec2/ec2.ts";
import type { Ecr } from "../../src/services/ecr/ecr.ts";
import { createIam } from "../../src/services/iam/iam.ts";
import { createLogs } from "../../src/services/logs/logs.ts";
import { createS3 } from "../../src/services/s3/s3.ts";
import { createSecretsManager } from "../../src/services/secretsmanager/secretsmanager.ts";
import { createSns } from "../../src/services/sns/sns.ts";
import { createSqs } from "../../src/services/sqs/sqs.ts";
import { createSsm } from "../../src/services/ssm/ssm.ts";
import { createSts } from "../../src/services/sts/sts.ts";
import { startEndpoint } from "../../src/wire/endpoint.ts";

export const REGION = "eu-west-1";
export const SCOPE = { region: REGION };

export interface Stage {
  cloud: Cloud;
  url: string;
  cloudformation: CloudFormationClient;
  ssm: SSMClient;
  service: CloudFormationService;
  /** Actions that ran, as `service:Action`. */
  calls: { name: string; input: any }[];
  /** Replaces one action until the stage closes. */
  replace(service: ServiceName, action: string, by: (input: any, original: () => unknown) => unknown): void;
  /** Returns the stack when its operation has ended. */
  settled(name: string): Promise<Stack>;
  /** Returns `LogicalId STATUS`, with the reason if any, oldest first. */
  events(name: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Starts the services that need no processes, behind the real endpoint, with the official client. */
export async function openStage(
  options: EngineOptions = {},
  more: (cloud: Cloud) => Partial<Record<ServiceName, Service>> = () => ({}),
): Promise<Stage> {
  const cloud = new Cloud({ stateDir: await mkdtemp(join(tmpdir(), "local-aws-cloudformation-")) });
  const service = createCloudFormation(cloud, { pollMs: 5, ...options });
  const services: Partial<Record<ServiceName, Service>> = {
    ec2: createEc2(cloud),
    iam: createIam(cloud),
    logs: createLogs(cloud),
    s3: createS3(cloud),
    secretsmanager: createSecretsManager(cloud),
    sns: createSns(cloud),
    sqs: createSqs(cloud),
    ssm: createSsm(cloud),
    sts: createSts(cloud),
    ...more(cloud),
    cloudformation: service,
  };
  const calls: Stage["calls"] = [];
  for (const [name, each] of Object.entries(services)) {
    record(name, each, calls);
    cloud.register(name as ServiceName, each);
  }
  const handlers = [service.responseHandler];
  if (services.ecr !== undefined)
    handlers.push({ prefix: "/v2/", handle: (services.ecr as Ecr).handleRegistry });
  const endpoint = await startEndpoint(cloud, { port: 0, handlers });
  const client = {
    endpoint: endpoint.url,
    region: REGION,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const cloudformation = new CloudFormationClient(client);
  const ssm = new SSMClient(client);
  return {
    cloud,
    url: endpoint.url,
    cloudformation,
    ssm,
    service,
    calls,
    replace: (name, action, by) => {
      const { actions } = services[name]!;
      const original = actions[action];
      actions[action] = (input, scope) => by(input, () => original!(input, scope));
    },
    settled: (name) => settled(cloudformation, name),
    events: (name) => readEvents(cloudformation, name),
    close: async () => {
      cloudformation.destroy();
      ssm.destroy();
      await endpoint.close();
      await cloud.close();
      await rm(cloud.stateDir, { recursive: true, force: true });
    },
  };
}

function record(name: string, service: Service, calls: Stage["calls"]): void {
  for (const [action, run] of Object.entries(service.actions)) {
    service.actions[action] = (input, scope) => {
      calls.push({ name: `${name}:${action}`, input });
      return run(input, scope);
    };
  }
}

async function settled(client: CloudFormationClient, name: string): Promise<Stack> {
  for (;;) {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const stack = Stacks![0]!;
    if (!stack.StackStatus!.endsWith("_IN_PROGRESS")) return stack;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function readEvents(client: CloudFormationClient, name: string): Promise<string[]> {
  const { StackEvents } = await client.send(new DescribeStackEventsCommand({ StackName: name }));
  return StackEvents!
    .toReversed()
    .map(
      ({ LogicalResourceId, ResourceStatus, ResourceStatusReason: reason }) =>
        `${LogicalResourceId} ${ResourceStatus}${reason ? `: ${reason}` : ""}`,
    );
}

/** An SSM parameter resource, the simplest one to create, change and replace. */
export function parameter(value: unknown, more: object = {}, attributes: object = {}) {
  return {
    Type: "AWS::SSM::Parameter",
    Properties: { Type: "String", Value: value, ...more },
    ...attributes,
  };
}

export function template(resources: object, more: object = {}): string {
  return JSON.stringify({ Resources: resources, ...more });
}
