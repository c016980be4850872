import { CloudFrontClient, GetDistributionCommand } from "@aws-sdk/client-cloudfront";
import { CloudWatchClient, DescribeAlarmsCommand, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { ECSClient, ListClustersCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { GetFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, HeadObjectCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, it } from "vitest";
import { AwsError } from "../../src/aws-error.ts";
import { startStage, stub } from "./stage.ts";

function failing(action: string, error: () => Error) {
  return stub({
    [action]: () => {
      throw error();
    },
  });
}

it("an AwsError becomes the SDK's error with its name, in every protocol", async () => {
  const { config } = await startStage(() => ({
    ssm: failing("GetParameter", () => new AwsError("ParameterNotFound", "Parameter /a not found.")),
    sts: failing("GetCallerIdentity", () => new AwsError("ExpiredToken", "old < token", 403)),
    cloudfront: failing("GetDistribution", () => new AwsError("NoSuchDistribution", "none")),
    lambda: failing("GetFunction", () => new AwsError("ResourceNotFoundException", "none", 404)),
    s3: failing("GetObject", () => new AwsError("NoSuchKey", "none", 404, { Key: "k" })),
    monitoring: failing("DescribeAlarms", () => new AwsError("InvalidNextToken", "bad")),
  }));
  const cases: [() => Promise<unknown>, name: string, httpStatusCode: number][] = [
    [() => new SSMClient(config).send(new GetParameterCommand({ Name: "/a" })), "ParameterNotFound", 400],
    [() => new STSClient(config).send(new GetCallerIdentityCommand({})), "ExpiredToken", 403],
    [
      () => new CloudFrontClient(config).send(new GetDistributionCommand({ Id: "D" })),
      "NoSuchDistribution",
      404,
    ],
    [
      () => new LambdaClient(config).send(new GetFunctionCommand({ FunctionName: "f" })),
      "ResourceNotFoundException",
      404,
    ],
    [() => new S3Client(config).send(new GetObjectCommand({ Bucket: "b", Key: "k" })), "NoSuchKey", 404],
    [() => new CloudWatchClient(config).send(new DescribeAlarmsCommand({})), "InvalidNextToken", 400],
  ];
  for (const [send, name, httpStatusCode] of cases)
    await expect(send(), name).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
});

it("further members of an error reach the client", async () => {
  const ecs = failing(
    "RunTask",
    () => new AwsError("ClusterNotFoundException", "none", 400, { resourceIds: ["c"] }),
  );
  const { config } = await startStage(() => ({ ecs }));
  const answer = new ECSClient(config).send(new RunTaskCommand({ taskDefinition: "t" }));
  await expect(answer).rejects.toMatchObject({ name: "ClusterNotFoundException", resourceIds: ["c"] });
});

it("an unknown action is NotImplemented, by name", async () => {
  const { config } = await startStage(() => ({ ecs: stub({}) }));
  const once = { ...config, maxAttempts: 1 };
  const notImplemented = { name: "NotImplemented", $metadata: { httpStatusCode: 501 } };
  const ecs = new ECSClient(once).send(new ListClustersCommand({}));
  await expect(ecs).rejects.toMatchObject({
    ...notImplemented,
    message: expect.stringContaining("ecs:ListClusters"),
  });
  const s3 = new S3Client(once).send(new ListBucketsCommand({}));
  await expect(s3).rejects.toMatchObject({
    ...notImplemented,
    message: expect.stringContaining("s3:ListBuckets"),
  });
  const monitoring = new CloudWatchClient(once).send(new ListMetricsCommand({}));
  await expect(monitoring).rejects.toMatchObject({
    ...notImplemented,
    message: expect.stringContaining("ListMetrics"),
  });
});

it("HEAD has no body, so the SDK names the error by its status", async () => {
  const s3 = failing("HeadObject", () => new AwsError("NoSuchKey", "none", 404));
  const { config } = await startStage(() => ({ s3 }));
  const answer = new S3Client(config).send(new HeadObjectCommand({ Bucket: "b", Key: "k" }));
  await expect(answer).rejects.toMatchObject({ name: "NotFound" });
});

it("a missing required member is refused by name before the action is called", async () => {
  const ssm = stub({ PutParameter: () => ({}) });
  const { config } = await startStage(() => ({ ssm }));
  const answer = new SSMClient(config).send(new PutParameterCommand({ Name: "/a", Value: undefined }));
  await expect(answer).rejects.toMatchObject({
    name: "ValidationException",
    message:
      "1 validation error detected: Value null at 'Value' failed to satisfy constraint: Member must not be null",
  });
  expect(ssm.calls).toEqual([]);
});

it("an exception in a service is a 500 with the service's name, and the log has the stack", async () => {
  const lines: string[] = [];
  const ssm = failing("GetParameter", () => new TypeError("x is undefined"));
  const { config } = await startStage(() => ({ ssm }), { log: (line) => lines.push(line) });
  const answer = new SSMClient({ ...config, maxAttempts: 1 }).send(new GetParameterCommand({ Name: "/a" }));
  await expect(answer).rejects.toMatchObject({ name: "InternalFailure", $metadata: { httpStatusCode: 500 } });
  expect(lines.join("\n")).toContain("errors.test.ts");
});

it("a request that is unsigned, badly signed, or for an unknown service is refused by name", async () => {
  const { url } = await startStage(() => ({}));
  const unsigned = await fetch(`${url}/bucket/key`);
  expect([unsigned.status, await unsigned.text()]).toEqual([
    403,
    expect.stringContaining("MissingAuthenticationToken"),
  ]);
  const target = { "x-amz-target": "AmazonSSM.GetParameter", "content-type": "application/x-amz-json-1.1" };
  const half = await fetch(url, {
    method: "POST",
    headers: {
      ...target,
      authorization: "AWS4-HMAC-SHA256 Credential=A/20261122/eu-west-1/ssm/aws4_request",
    },
  });
  expect([half.status, await half.json()]).toEqual([
    400,
    expect.objectContaining({ __type: "IncompleteSignature" }),
  ]);
  const scope =
    "AWS4-HMAC-SHA256 Credential=A/20261122/eu-west-1/bedrock/aws4_request, SignedHeaders=host, Signature=00";
  const unknown = await fetch(url, { method: "POST", headers: { ...target, authorization: scope } });
  expect([unknown.status, await unknown.json()]).toEqual([
    501,
    expect.objectContaining({ __type: "NotImplemented", message: expect.stringContaining("bedrock") }),
  ]);
});

it("a port in use rejects with Node's own error", async () => {
  const { cloud, url } = await startStage(() => ({}));
  const { startEndpoint } = await import("../../src/wire/endpoint.ts");
  await expect(startEndpoint(cloud, { port: Number(new URL(url).port) })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
});

it("paths of handlers go to them with an unread body", async () => {
  const handlers = [
    { prefix: "/v2/", handle: (_request: unknown, response: any) => response.end("registry") },
  ];
  const { url } = await startStage(() => ({}), { handlers });
  expect(await (await fetch(`${url}/v2/`)).text()).toBe("registry");
});
