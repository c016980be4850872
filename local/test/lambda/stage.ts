import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { type CreateFunctionCommandInput, type InvocationType, Lambda } from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import { Cloud } from "../../src/cloud.ts";
import { createLambda, type LambdaOptions } from "../../src/services/lambda/lambda.ts";
import { createLogs } from "../../src/services/logs/logs.ts";
import { createS3 } from "../../src/services/s3/s3.ts";
import { createSsm } from "../../src/services/ssm/ssm.ts";
import { startEndpoint } from "../../src/wire/endpoint.ts";

const REGION = "us-east-1";

/** The decoded response of Invoke. */
export interface Answer {
  StatusCode?: number;
  ExecutedVersion?: string;
  FunctionError?: string;
  /** The payload, parsed. */
  value: any;
  /** The end of the log, as text. */
  log: string;
}

/** Starts Lambda and the services that functions call, behind SDK clients. `close()` stops them. */
export async function openStage(options: LambdaOptions = {}) {
  const stateDir = await mkdtemp(join(tmpdir(), "local-aws-lambda-"));
  const cloud = new Cloud({ stateDir });
  cloud.register("s3", createS3(cloud));
  cloud.register("ssm", createSsm(cloud));
  cloud.register("logs", createLogs(cloud));
  cloud.register("lambda", createLambda(cloud, options));
  const endpoint = await startEndpoint(cloud, { port: 0 });
  const client = {
    region: REGION,
    endpoint: endpoint.url,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  };
  const lambda = new Lambda({ ...client, maxAttempts: 1 });
  const logs = new CloudWatchLogs(client);

  /** Creates a function from one file, or from several by name. */
  async function create(
    FunctionName: string,
    code: string | Record<string, string>,
    input: Partial<CreateFunctionCommandInput> = {},
  ) {
    return lambda.createFunction({
      FunctionName,
      Role: "arn:aws:iam::123456789012:role/function",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Code: { ZipFile: zip(typeof code === "string" ? { "index.js": code } : code) },
      ...input,
    });
  }

  async function invoke(
    FunctionName: string,
    event: unknown = {},
    InvocationType?: InvocationType,
  ): Promise<Answer> {
    const answer = await lambda.invoke({
      FunctionName,
      InvocationType,
      LogType: "Tail",
      Payload: strToU8(JSON.stringify(event)),
    });
    const text = Buffer.from(answer.Payload ?? []).toString("utf8");
    const { StatusCode, ExecutedVersion, FunctionError } = answer;
    return {
      StatusCode,
      ExecutedVersion,
      FunctionError,
      value: text === "" ? undefined : JSON.parse(text),
      log: Buffer.from(answer.LogResult ?? "", "base64").toString("utf8"),
    };
  }

  function invokeEdge(FunctionArn: string, Edge: string, Event: unknown): Promise<any> {
    return cloud.call("lambda", "InvokeEdge", { FunctionArn, Edge, Event }, { region: REGION });
  }

  return {
    cloud,
    lambda,
    logs,
    create,
    invoke,
    invokeEdge,
    async close() {
      for (const one of [lambda, logs]) one.destroy();
      await endpoint.close();
      await cloud.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

export function zip(files: Record<string, string>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
}
