import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import { describe, expect, it } from "vitest";
import type { PlatformOutputs } from "../../src/base/outputs.ts";
import { addVersionResources, type VersionStackProps } from "../../src/constructs/version-resources.ts";
import { synthVersionStack } from "../../src/constructs/version-stack.ts";
import { testConfig } from "./synthesised.ts";

const id = "20261122-101500-1f3a9c2";
const secretArn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:OriginSecret-AbCdEf";

const outputs: PlatformOutputs = {
  webBucket: "shop-web",
  stateBucket: "shop-state",
  mapParameter: "/lockstep/shop/version-map",
  keyValueStoreArn: "arn:aws:cloudfront::123456789012:key-value-store/00000000-0000-0000-0000-000000000000",
  distributionId: "E1EXAMPLE",
  distributionDomain: "d111111abcdef8.cloudfront.net",
  listenerArn:
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shop/0123456789abcdef/0123456789abcdef",
  loadBalancerArn:
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/shop/0123456789abcdef",
  loadBalancerDns: "shop-1.eu-central-1.elb.amazonaws.com",
  originSecretArn: secretArn,
  clusterName: "shop",
  vpcId: "vpc-0123456789abcdef0",
  subnetIds: "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
  taskSecurityGroupId: "sg-0123456789abcdef0",
  taskRoleArn: "arn:aws:iam::123456789012:role/shop-task",
  executionRoleArn: "arn:aws:iam::123456789012:role/shop-execution",
  versionStackRoleArn: "arn:aws:iam::123456789012:role/shop-version-stack",
  imageRepositoryUri: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop",
  janitorFunctionName: "shop-janitor",
  janitorScheduleName: "shop-janitor",
};

const props: VersionStackProps = {
  app: "shop",
  id,
  slot: 7,
  image: `${outputs.imageRepositoryUri}@sha256:${"a".repeat(64)}`,
  desiredCount: 3,
  config: testConfig(),
  outputs,
};

function resource(type: string, change: Partial<VersionStackProps> = {}): Record<string, any> {
  const { Resources } = JSON.parse(synthVersionStack({ ...props, ...change }).templateBody);
  const found = Object.values<any>(Resources).filter((one) => one.Type === type);
  expect(found).toHaveLength(1);
  return found[0];
}

describe("synthVersionStack()", () => {
  it("names and tags the stack after its app and version", () => {
    expect(synthVersionStack(props)).toMatchObject({
      stackName: `shop-v-${id}`,
      tags: [
        { Key: "lockstep:app", Value: "shop" },
        { Key: "lockstep:version", Value: id },
      ],
    });
  });

  it("creates a template that CreateStack accepts inline, without parameters and bootstrap rules", () => {
    const { templateBody } = synthVersionStack(props);
    expect(Buffer.byteLength(templateBody)).toBeLessThan(51_200);
    expect(Object.keys(JSON.parse(templateBody)).sort()).toEqual(["Description", "Outputs", "Resources"]);
  });

  it("routes by host and secret, in its slot, to its own target group", () => {
    expect(resource("AWS::ElasticLoadBalancingV2::ListenerRule").Properties).toEqual({
      ListenerArn: outputs.listenerArn,
      Priority: 7,
      Actions: [{ Type: "forward", TargetGroupArn: { Ref: "TargetGroup" } }],
      Conditions: [
        { Field: "host-header", HostHeaderConfig: { Values: [`${id}.shop.internal`] } },
        {
          Field: "http-header",
          HttpHeaderConfig: {
            HttpHeaderName: "x-lockstep-origin-secret",
            Values: [`{{resolve:secretsmanager:${secretArn}:SecretString:::}}`],
          },
        },
      ],
    });
  });

  it("checks the API's health on HTTP/1.1, at the configured path", () => {
    expect(resource("AWS::ElasticLoadBalancingV2::TargetGroup").Properties).toMatchObject({
      Name: `ls-${id}`,
      Port: 3000,
      ProtocolVersion: "HTTP1",
      HealthCheckPath: "/health",
      VpcId: outputs.vpcId,
    });
  });

  it("sets the API's version and port, whatever else is configured", () => {
    const base = testConfig();
    const config = {
      ...base,
      api: { ...base.api, environment: { LOG_LEVEL: "debug", PORT: "1", LOCKSTEP_VERSION: "x" } },
    };
    const { Properties } = resource("AWS::ECS::TaskDefinition", { config });
    const environment = Object.fromEntries(
      Properties.ContainerDefinitions[0].Environment.map((one: any) => [one.Name, one.Value]),
    );
    expect(environment).toEqual({
      LOG_LEVEL: "debug",
      PORT: "3000",
      LOCKSTEP_APP: "shop",
      LOCKSTEP_VERSION: id,
    });
    expect(Properties).toMatchObject({
      Family: `shop-${id}`,
      Cpu: "256",
      Memory: "512",
      NetworkMode: "awsvpc",
    });
    expect(Properties.ContainerDefinitions[0].Image).toBe(props.image);
  });

  it("starts the API under an init process, which passes SIGTERM on and reaps child processes", () => {
    const [container] = resource("AWS::ECS::TaskDefinition").Properties.ContainerDefinitions;
    expect(container).toMatchObject({ LinuxParameters: { InitProcessEnabled: true }, StopTimeout: 60 });
  });

  it("creates the rule before the service, because ECS refuses it otherwise", () => {
    const service = resource("AWS::ECS::Service");
    expect(service.DependsOn).toEqual(["Rule"]);
    expect(service.Properties).toMatchObject({
      ServiceName: id,
      Cluster: "shop",
      DesiredCount: 3,
      DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: false } },
      NetworkConfiguration: {
        AwsvpcConfiguration: { Subnets: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"] },
      },
    });
  });

  it("can scale at least to its initial tasks", () => {
    expect(
      resource("AWS::ApplicationAutoScaling::ScalableTarget", { desiredCount: 9 }).Properties,
    ).toMatchObject({
      MinCapacity: 1,
      MaxCapacity: 9,
      ResourceId: `service/shop/${id}`,
    });
  });

  it.each([
    ["an id that is none", { id: "v1" }],
    ["slot 0", { slot: 0 }],
    ["slot 91", { slot: 91 }],
    ["an image by tag", { image: `${outputs.imageRepositoryUri}:latest` }],
    ["no task", { desiredCount: 0 }],
  ])("refuses %s", (_what, change) => {
    expect(() => synthVersionStack({ ...props, ...change })).toThrow(RangeError);
  });

  it("refuses an environment that makes the template too long", () => {
    const base = testConfig();
    const config = { ...base, api: { ...base.api, environment: { TEXT: "x".repeat(51_200) } } };
    expect(() => synthVersionStack({ ...props, config })).toThrow(/51200. Shorten api\.environment/);
  });

  it("leaves no file behind", () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith("lockstep-version-"));
    const before = left();
    synthVersionStack(props);
    expect(left()).toEqual(before);
  });

  it("passes CloudFormation's validation", () => {
    const outdir = mkdtempSync(join(tmpdir(), "lockstep-version-rules-"));
    try {
      const context = { "@aws-cdk/core:validateAgainstDefaultRules": true };
      const stack = new Stack(new App({ outdir, context }), "Rules", {
        synthesizer: new LegacyStackSynthesizer(),
      });
      addVersionResources(stack, props);
      expect(() => (stack.node.root as App).synth()).not.toThrow();
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  });
});
