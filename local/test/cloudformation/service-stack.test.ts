import { CreateStackCommand, DeleteStackCommand, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ComputeStage, openComputeStage } from "./compute-stage.ts";
import { SCOPE, template } from "./stage.ts";

let stage: ComputeStage;
beforeEach(async () => {
  stage = await openComputeStage();
});
afterEach(() => stage.close());

const arn = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });

/** A load balancer with one rule that requires a secret, and a service behind it. */
function serviceStack(environment: Record<string, string>): string {
  return template(
    {
      Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16", EnableDnsHostnames: true } },
      One: subnet(0),
      Two: subnet(1),
      Secret: {
        Type: "AWS::SecretsManager::Secret",
        Properties: { GenerateSecretString: { PasswordLength: 20, ExcludePunctuation: true } },
      },
      Balancer: {
        Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        Properties: {
          Scheme: "internet-facing",
          Subnets: [{ Ref: "One" }, { Ref: "Two" }],
          Type: "application",
        },
      },
      Listener: {
        Type: "AWS::ElasticLoadBalancingV2::Listener",
        Properties: {
          LoadBalancerArn: { Ref: "Balancer" },
          Port: 80,
          Protocol: "HTTP",
          DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "403" } }],
        },
      },
      Targets: {
        Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
        Properties: {
          Port: 8080,
          Protocol: "HTTP",
          TargetType: "ip",
          VpcId: { Ref: "Vpc" },
          HealthCheckPath: "/",
          HealthCheckIntervalSeconds: 5,
          HealthCheckTimeoutSeconds: 2,
          HealthyThresholdCount: 2,
          // A busy machine starts processes slowly, so the health check tolerates failures.
          UnhealthyThresholdCount: 10,
          TargetGroupAttributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "0" }],
        },
      },
      Rule: {
        Type: "AWS::ElasticLoadBalancingV2::ListenerRule",
        Properties: {
          ListenerArn: { Ref: "Listener" },
          Priority: 1,
          Conditions: [
            {
              Field: "http-header",
              HttpHeaderConfig: {
                HttpHeaderName: "x-secret",
                Values: [{ "Fn::Sub": `{{resolve:secretsmanager:$\{Secret}:SecretString:::}}` }],
              },
            },
          ],
          Actions: [{ Type: "forward", TargetGroupArn: { Ref: "Targets" } }],
        },
      },
      Log: { Type: "AWS::Logs::LogGroup", Properties: { RetentionInDays: 30 } },
      Cluster: { Type: "AWS::ECS::Cluster", Properties: {} },
      Task: taskDefinition(environment),
      Service: {
        Type: "AWS::ECS::Service",
        DependsOn: "Rule",
        Properties: {
          Cluster: { Ref: "Cluster" },
          TaskDefinition: { Ref: "Task" },
          LaunchType: "FARGATE",
          DesiredCount: 1,
          DeploymentConfiguration: {
            MinimumHealthyPercent: 100,
            MaximumPercent: 200,
            DeploymentCircuitBreaker: { Enable: true, Rollback: false },
          },
          NetworkConfiguration: {
            AwsvpcConfiguration: { Subnets: [{ Ref: "One" }], AssignPublicIp: "ENABLED" },
          },
          LoadBalancers: [{ ContainerName: "api", ContainerPort: 8080, TargetGroupArn: { Ref: "Targets" } }],
        },
      },
      Scaling: {
        Type: "AWS::ApplicationAutoScaling::ScalableTarget",
        Properties: {
          ServiceNamespace: "ecs",
          ScalableDimension: "ecs:service:DesiredCount",
          ResourceId: {
            "Fn::Join": ["/", ["service", { Ref: "Cluster" }, { "Fn::GetAtt": ["Service", "Name"] }]],
          },
          MinCapacity: 1,
          MaxCapacity: 2,
        },
      },
      Policy: {
        Type: "AWS::ApplicationAutoScaling::ScalingPolicy",
        Properties: {
          PolicyName: "cpu",
          PolicyType: "TargetTrackingScaling",
          ScalingTargetId: { Ref: "Scaling" },
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 60,
            PredefinedMetricSpecification: { PredefinedMetricType: "ECSServiceAverageCPUUtilization" },
          },
        },
      },
    },
    {
      Outputs: {
        Dns: { Value: { "Fn::GetAtt": ["Balancer", "DNSName"] } },
        Secret: { Value: { Ref: "Secret" } },
        Service: { Value: { "Fn::GetAtt": ["Service", "Name"] } },
        Cluster: { Value: arn("Cluster") },
      },
    },
  );
}

function subnet(index: number) {
  const Properties = {
    VpcId: { Ref: "Vpc" },
    CidrBlock: { "Fn::Select": [index, { "Fn::Cidr": ["10.0.0.0/16", 2, 8] }] },
    AvailabilityZone: { "Fn::Select": [index, { "Fn::GetAZs": "" }] },
  };
  return { Type: "AWS::EC2::Subnet", Properties };
}

function taskDefinition(environment: Record<string, string>) {
  return {
    Type: "AWS::ECS::TaskDefinition",
    Properties: {
      Cpu: "256",
      Memory: "512",
      NetworkMode: "awsvpc",
      RequiresCompatibilities: ["FARGATE"],
      ExecutionRoleArn: "arn:aws:iam::123456789012:role/execution",
      ContainerDefinitions: [
        {
          Name: "api",
          Image: stage.image,
          Essential: "true",
          PortMappings: [{ ContainerPort: "8080", Protocol: "tcp" }],
          Environment: Object.entries(environment).map(([Name, Value]) => ({ Name, Value })),
          LogConfiguration: {
            LogDriver: "awslogs",
            Options: {
              "awslogs-group": { Ref: "Log" },
              "awslogs-region": { Ref: "AWS::Region" },
              "awslogs-stream-prefix": "api",
            },
          },
        },
      ],
    },
  };
}

const create = (body: string) =>
  stage.cloudformation.send(new CreateStackCommand({ StackName: "app", TemplateBody: body }));
const update = (body: string) =>
  stage.cloudformation.send(new UpdateStackCommand({ StackName: "app", TemplateBody: body }));

async function outputs(): Promise<Record<string, string>> {
  const { Outputs } = await stage.settled("app");
  return Object.fromEntries(Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
}

/** The load balancer's response to a request with the stack's secret. */
async function ask(): Promise<string> {
  const { Dns, Secret } = await outputs();
  const { SecretString } = await stage.cloud.call(
    "secretsmanager",
    "GetSecretValue",
    { SecretId: Secret },
    SCOPE,
  );
  const port = stage.cloud.listenerPorts.get(`${Dns}:80`);
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-secret": SecretString } });
  return `${response.status} ${await response.text()}`;
}

describe("a stack with a service", () => {
  it("completes when the service serves, replaces tasks on update, and leaves no resources after deletion", async () => {
    const { StackId } = await create(serviceStack({ GREETING: "one" }));
    expect(await stage.settled("app")).toMatchObject({ StackStatus: "CREATE_COMPLETE" });
    expect(await ask()).toBe("200 one");
    const { Dns, Cluster, Service } = await outputs();
    const stranger = await fetch(`http://127.0.0.1:${stage.cloud.listenerPorts.get(`${Dns}:80`)}/`);
    expect(stranger.status).toBe(403);

    await update(serviceStack({ GREETING: "two" }));
    expect(await stage.settled("app")).toMatchObject({ StackStatus: "UPDATE_COMPLETE" });
    expect(await ask()).toBe("200 two");
    expect(await stage.events("app")).toContain("Task DELETE_COMPLETE");

    await stage.cloudformation.send(new DeleteStackCommand({ StackName: "app" }));
    expect((await stage.settled(StackId!)).StackStatus).toBe("DELETE_COMPLETE");
    expect(stage.cloud.listenerPorts.size).toBe(0);
    const { services } = await stage.cloud
      .call("ecs", "DescribeServices", { cluster: Cluster, services: [Service] }, SCOPE)
      .catch(() => ({ services: [] }));
    expect(services).toEqual([]);
  });

  it("rolls back with the reason when its tasks do not start", async () => {
    await create(serviceStack({ GREETING: "one" }));
    await stage.settled("app");
    await update(serviceStack({ GREETING: "two", CRASH: "1" }));
    expect(await stage.settled("app")).toMatchObject({ StackStatus: "UPDATE_ROLLBACK_COMPLETE" });
    const failed = (await stage.events("app")).find((event) => event.startsWith("Service UPDATE_FAILED"));
    expect(failed).toContain("ECS Deployment Circuit Breaker was triggered");
    expect(await ask()).toBe("200 one");
  });

  it("keeps a count that scaling changed, unless the template's count changes", async () => {
    await create(serviceStack({ GREETING: "one" }));
    await stage.settled("app");
    const { Cluster, Service } = await outputs();
    const scaled = { cluster: Cluster, service: Service, desiredCount: 2 };
    await stage.cloud.call("ecs", "UpdateService", scaled, SCOPE);
    await update(serviceStack({ GREETING: "two" }));
    expect(await stage.settled("app")).toMatchObject({ StackStatus: "UPDATE_COMPLETE" });
    const described = { cluster: Cluster, services: [Service] };
    const { services } = await stage.cloud.call("ecs", "DescribeServices", described, SCOPE);
    expect(services[0].desiredCount).toBe(2);
  });
});
