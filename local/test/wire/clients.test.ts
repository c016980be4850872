import { CloudFormationClient, CreateStackCommand } from "@aws-sdk/client-cloudformation";
import {
  CloudFrontClient,
  CreateFunctionCommand,
  CreateInvalidationCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import {
  CloudFrontKeyValueStoreClient,
  GetKeyCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import {
  CreateRuleCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreateFunctionCommand as CreateLambdaCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { CreateScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import "@aws-sdk/signature-v4a";
import dns from "node:dns";
import { expect, it, vi } from "vitest";
import { startStage, stub } from "./stage.ts";

const AT = new Date("2026-11-22T10:15:00.500Z");

it("SSM calls its action in the region of the signature, with timestamps in both directions", async () => {
  const ssm = stub({
    GetParameter: () => ({ Parameter: { Name: "/a", Value: "ü", Version: 3, LastModifiedDate: AT } }),
  });
  const { config } = await startStage(() => ({ ssm }));
  const output = await new SSMClient(config).send(
    new GetParameterCommand({ Name: "/a", WithDecryption: true }),
  );
  expect(output.Parameter).toEqual({ Name: "/a", Value: "ü", Version: 3, LastModifiedDate: AT });
  expect(ssm.calls).toEqual([
    { action: "GetParameter", input: { Name: "/a", WithDecryption: true }, region: "eu-west-1" },
  ]);
});

it("STS receives numbers as numbers and structures as structures", async () => {
  const sts = stub({
    AssumeRole: () => ({
      Credentials: { AccessKeyId: "A", SecretAccessKey: "B", SessionToken: "C", Expiration: AT },
    }),
  });
  const { config } = await startStage(() => ({ sts }));
  const input = {
    RoleArn: "arn:aws:iam::123456789012:role/r",
    RoleSessionName: "s",
    DurationSeconds: 900,
    Tags: [{ Key: "k", Value: "v & <w>" }],
  };
  const output = await new STSClient(config).send(new AssumeRoleCommand(input));
  expect(sts.calls[0]?.input).toEqual(input);
  expect(output.Credentials?.Expiration).toEqual(AT);
});

it("Secrets Manager receives and returns bytes", async () => {
  const secretsmanager = stub({ GetSecretValue: () => ({ Name: "n", SecretBinary: Buffer.from([0, 255]) }) });
  const { config } = await startStage(() => ({ secretsmanager }));
  const output = await new SecretsManagerClient(config).send(new GetSecretValueCommand({ SecretId: "n" }));
  expect([...output.SecretBinary!]).toEqual([0, 255]);
});

it("CloudWatch Logs keeps its camelCase members", async () => {
  const logs = stub({ PutLogEvents: () => ({}) });
  const { config } = await startStage(() => ({ logs }));
  const input = { logGroupName: "g", logStreamName: "s", logEvents: [{ timestamp: 1, message: "m" }] };
  await new CloudWatchLogsClient(config).send(new PutLogEventsCommand(input));
  expect(logs.calls[0]?.input).toEqual(input);
});

it("CloudFormation receives lists of structures, and booleans that are false", async () => {
  const cloudformation = stub({ CreateStack: () => ({ StackId: "id" }) });
  const { config } = await startStage(() => ({ cloudformation }));
  const input = {
    StackName: "s",
    TemplateBody: '{"a": "b&c\\n"}',
    DisableRollback: false,
    Capabilities: ["CAPABILITY_IAM" as const, "CAPABILITY_NAMED_IAM" as const],
    Parameters: Array.from({ length: 11 }, (_, i) => ({ ParameterKey: `k${i}`, ParameterValue: `${i}` })),
    Tags: [{ Key: "deploy:app", Value: "shop" }],
    NotificationARNs: [],
  };
  expect((await new CloudFormationClient(config).send(new CreateStackCommand(input))).StackId).toBe("id");
  expect(cloudformation.calls[0]?.input).toEqual(input);
});

it("ELBv2 receives nested lists, and returns lists with no and with one item", async () => {
  const elbv2 = stub({
    CreateRule: () => ({ Rules: [{ Priority: "7", Conditions: [], IsDefault: false }] }),
    DescribeTargetGroups: () => ({ TargetGroups: [] }),
  });
  const { config } = await startStage(() => ({ elbv2 }));
  const client = new ElasticLoadBalancingV2Client(config);
  const input = {
    ListenerArn: "l",
    Priority: 7,
    Conditions: [
      { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "x", Values: ["a", "b"] } },
      { Field: "host-header", HostHeaderConfig: { Values: ["id.shop.internal"] } },
    ],
    Actions: [{ Type: "forward" as const, TargetGroupArn: "t", Order: 1 }],
  };
  const { Rules } = await client.send(new CreateRuleCommand(input));
  expect(Rules).toEqual([{ Priority: "7", Conditions: [], IsDefault: false }]);
  expect(elbv2.calls[0]?.input).toEqual(input);
  expect((await client.send(new DescribeTargetGroupsCommand({ Names: [] }))).TargetGroups).toEqual([]);
});

it("ELBv2 errors have the model's name, whichever of their two names the service throws", async () => {
  const { AwsError } = await import("../../src/aws-error.ts");
  const codes = ["RuleNotFound", "RuleNotFoundException"];
  const elbv2 = stub({
    DescribeRules: () => {
      throw new AwsError(codes.shift()!, "One or more rules not found");
    },
  });
  const { config } = await startStage(() => ({ elbv2 }));
  const client = new ElasticLoadBalancingV2Client(config);
  for (let i = 0; i < 2; i++) {
    await expect(client.send(new DescribeRulesCommand({ RuleArns: ["r"] }))).rejects.toMatchObject({
      name: "RuleNotFoundException",
      message: "One or more rules not found",
    });
  }
});

it("ECS calls its action", async () => {
  const ecs = stub({
    DescribeServices: () => ({ services: [{ serviceName: "s", createdAt: AT }], failures: [] }),
  });
  const { config } = await startStage(() => ({ ecs }));
  const output = await new ECSClient(config).send(
    new DescribeServicesCommand({ cluster: "c", services: ["s"] }),
  );
  expect(output.services?.[0]).toMatchObject({ serviceName: "s", createdAt: AT });
  expect(ecs.calls[0]?.input).toEqual({ cluster: "c", services: ["s"] });
});

it("CloudWatch calls its actions, also with compressed bodies", async () => {
  const monitoring = stub({
    PutMetricData: () => ({}),
    GetMetricData: () => ({ MetricDataResults: [{ Id: "a", Timestamps: [AT], Values: [1.5] }] }),
  });
  const { config } = await startStage(() => ({ monitoring }));
  const client = new CloudWatchClient(config);
  const MetricData = Array.from({ length: 400 }, (_, i) => ({
    MetricName: `metric-number-${i}`,
    Value: i,
    Timestamp: AT,
  }));
  await client.send(new PutMetricDataCommand({ Namespace: "n", MetricData }));
  expect(monitoring.calls[0]?.input).toEqual({ Namespace: "n", MetricData });
  const query = { StartTime: AT, EndTime: AT, MetricDataQueries: [{ Id: "a", Expression: "1" }] };
  const output = await client.send(new GetMetricDataCommand(query));
  expect(output.MetricDataResults?.[0]).toMatchObject({ Timestamps: [AT], Values: [1.5] });
  expect(monitoring.calls[1]?.input).toEqual(query);
});

it("Lambda receives payloads as bytes, and returns status, headers and payload", async () => {
  const lambda = stub({
    Invoke: () => ({ StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from('{"a":1}') }),
    CreateFunction: () => ({ FunctionName: "f", CodeSize: 3 }),
  });
  const { config } = await startStage(() => ({ lambda }));
  const client = new LambdaClient(config);
  const FunctionName = "arn:aws:lambda:eu-west-1:123456789012:function:f";
  const output = await client.send(
    new InvokeCommand({
      FunctionName,
      Payload: Buffer.from('{"q":"?"}'),
      InvocationType: "RequestResponse",
      Qualifier: "3",
    }),
  );
  expect({ ...output, Payload: output.Payload?.transformToString() }).toMatchObject({
    StatusCode: 200,
    FunctionError: "Unhandled",
    Payload: '{"a":1}',
  });
  const { Payload, ...rest } = lambda.calls[0]!.input;
  expect(rest).toEqual({ FunctionName, InvocationType: "RequestResponse", Qualifier: "3" });
  expect(Buffer.from(Payload).toString()).toBe('{"q":"?"}');
  await client.send(
    new CreateLambdaCommand({
      FunctionName: "f",
      Role: "r",
      Code: { ZipFile: Buffer.from([80, 75]) },
      Environment: { Variables: { A: "b" } },
    }),
  );
  expect(lambda.calls[1]?.input).toEqual({
    FunctionName: "f",
    Role: "r",
    Code: { ZipFile: Buffer.from([80, 75]) },
    Environment: { Variables: { A: "b" } },
  });
});

it("Scheduler receives its path, query and body", async () => {
  const scheduler = stub({ CreateSchedule: () => ({ ScheduleArn: "arn" }) });
  const { config } = await startStage(() => ({ scheduler }));
  const input = {
    Name: "s",
    GroupName: "g",
    ScheduleExpression: "rate(5 minutes)",
    StartDate: AT,
    FlexibleTimeWindow: { Mode: "OFF" as const },
    Target: { Arn: "a", RoleArn: "r" },
  };
  const output = await new SchedulerClient(config).send(new CreateScheduleCommand(input));
  expect(output.ScheduleArn).toBe("arn");
  expect(scheduler.calls[0]?.input).toMatchObject(input);
});

it("CloudFront receives its lists with quantities, If-Match and function code", async () => {
  const DistributionConfig = {
    CallerReference: "c",
    Comment: "a < b",
    Enabled: true,
    Aliases: { Quantity: 0 },
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: "web",
          DomainName: "b.s3.amazonaws.com",
          CustomHeaders: { Quantity: 1, Items: [{ HeaderName: "x", HeaderValue: "y" }] },
        },
      ],
    },
    DefaultCacheBehavior: {
      TargetOriginId: "web",
      ViewerProtocolPolicy: "redirect-to-https" as const,
      AllowedMethods: {
        Quantity: 2,
        Items: ["GET" as const, "HEAD" as const],
        CachedMethods: { Quantity: 2, Items: ["GET" as const, "HEAD" as const] },
      },
    },
  };
  const cloudfront = stub({
    UpdateDistribution: (input) => ({
      ETag: "E2",
      Distribution: { Id: "D", LastModifiedTime: AT, DistributionConfig: input.DistributionConfig },
    }),
    CreateFunction: () => ({ ETag: "E1", Location: "l", FunctionSummary: { Name: "pin" } }),
    CreateInvalidation: () => ({ Invalidation: { Id: "I" } }),
  });
  const { config } = await startStage(() => ({ cloudfront }));
  const client = new CloudFrontClient(config);
  const output = await client.send(
    new UpdateDistributionCommand({ Id: "D", IfMatch: "E1", DistributionConfig }),
  );
  expect(cloudfront.calls[0]?.input).toEqual({ Id: "D", IfMatch: "E1", DistributionConfig });
  expect(output).toMatchObject({ ETag: "E2", Distribution: { Id: "D", LastModifiedTime: AT } });
  expect(output.Distribution?.DistributionConfig).toEqual(DistributionConfig);
  const FunctionConfig = { Comment: "", Runtime: "cloudfront-js-2.0" as const };
  const created = await client.send(
    new CreateFunctionCommand({ Name: "pin", FunctionConfig, FunctionCode: Buffer.from("x<1") }),
  );
  expect(created).toMatchObject({ ETag: "E1", Location: "l", FunctionSummary: { Name: "pin" } });
  expect(Buffer.from(cloudfront.calls[1]?.input.FunctionCode).toString()).toBe("x<1");
  const InvalidationBatch = { CallerReference: "r", Paths: { Quantity: 1, Items: ["/*"] } };
  await client.send(new CreateInvalidationCommand({ DistributionId: "D", InvalidationBatch }));
  expect(cloudfront.calls[2]?.input).toEqual({ DistributionId: "D", InvalidationBatch });
});

it("KeyValueStore is reachable through its account's host name, signed with SigV4A", async () => {
  const store = stub({
    GetKey: () => ({ Key: "a/b", Value: "v", ItemCount: 1, TotalSizeInBytes: 2 }),
    UpdateKeys: () => ({ ETag: "E2", ItemCount: 1, TotalSizeInBytes: 2 }),
  });
  const { config } = await startStage(() => ({ "cloudfront-keyvaluestore": store }));
  const lookup = dns.lookup;
  const spy = vi
    .spyOn(dns, "lookup")
    .mockImplementation(((host: string, options: object, done: any) =>
      lookup(host.endsWith(".localhost") ? "127.0.0.1" : host, options, done)) as typeof dns.lookup);
  const client = new CloudFrontKeyValueStoreClient({
    ...config,
    endpoint: config.endpoint.replace("127.0.0.1", "localhost"),
  });
  const KvsARN = "arn:aws:cloudfront::123456789012:key-value-store/0000-11";
  try {
    expect(await client.send(new GetKeyCommand({ KvsARN, Key: "a/b" }))).toMatchObject({
      Value: "v",
      ItemCount: 1,
    });
    const input = { KvsARN, IfMatch: "E1", Puts: [{ Key: "k", Value: "v" }], Deletes: [{ Key: "d" }] };
    expect((await client.send(new UpdateKeysCommand(input))).ETag).toBe("E2");
    expect(store.calls.map((call) => call.input)).toEqual([{ KvsARN, Key: "a/b" }, input]);
  } finally {
    spy.mockRestore();
    client.destroy();
  }
});
