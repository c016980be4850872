import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { x } from "tinyexec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seedBootstrap } from "../../src/services/cloudformation/cloudformation.ts";
import { openStage, parameter, REGION, type Stage, template } from "./stage.ts";

const cdk = join(dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")), "bin", "cdk");
let stage: Stage;
let folder: string;
beforeAll(async () => {
  stage = await openStage();
  folder = await mkdtemp(join(tmpdir(), "local-aws-cdk-"));
  await seedBootstrap(stage.cloud, REGION);
});
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

const resources = (value: string) =>
  template(
    { P: parameter({ "Fn::Sub": `$\{AWS::StackName}: ${value}` }, { Name: "/cdk" }) },
    {
      Outputs: { Name: { Value: { Ref: "P" } } },
      Parameters: {
        BootstrapVersion: {
          Type: "AWS::SSM::Parameter::Value<String>",
          Default: "/cdk-bootstrap/hnb659fds/version",
        },
      },
      Rules: {
        CheckBootstrapVersion: {
          Assertions: [
            {
              Assert: {
                "Fn::Not": [{ "Fn::Contains": [["1", "2", "3", "4", "5"], { Ref: "BootstrapVersion" }] }],
              },
            },
          ],
        },
      },
    },
  );

describe("the genuine cdk", () => {
  it("deploys, detects an unchanged stack, updates, shows the reason of a failure, and destroys", async () => {
    const first = await run("deploy", resources("one"));
    expect(first).toMatchObject({ exitCode: 0, output: expect.stringContaining("demo.Name = /cdk") });
    expect(await live()).toBe("demo: one");

    const again = await run("deploy", resources("one"), "--force");
    expect(again).toMatchObject({ exitCode: 0, output: expect.stringContaining("(no changes)") });

    const second = await run("deploy", resources("two"));
    expect(second.exitCode).toBe(0);
    expect(await live()).toBe("demo: two");

    const broken = template({ P: parameter("three", { Name: "/cdk", Polices: "x" }) });
    const refused = await run("deploy", broken);
    expect(refused).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("extraneous key [Polices]"),
    });

    const failing = template({ P: parameter("{{", { Name: "/cdk" }) });
    const failed = await run("deploy", failing);
    expect(failed).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("can't nest another parameter"),
    });
    expect((await stage.settled("demo")).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await live()).toBe("demo: two");

    const destroyed = await run("destroy", resources("two"), "--force");
    expect(destroyed.exitCode).toBe(0);
    await expect(stage.cloudformation.send(new DescribeStacksCommand({ StackName: "demo" }))).rejects.toThrow(
      "does not exist",
    );
  }, 120_000);
});

async function live(): Promise<string | undefined> {
  return (await stage.ssm.send(new GetParameterCommand({ Name: "/cdk" }))).Parameter!.Value;
}

async function run(
  command: string,
  body: string,
  ...more: string[]
): Promise<{ exitCode: number | undefined; output: string }> {
  const assembly = await writeAssembly(body);
  const approval = command === "deploy" ? ["--require-approval", "never"] : [];
  const { exitCode, stdout, stderr } = await x(
    process.execPath,
    [cdk, command, "demo", "--app", assembly, ...approval, ...more],
    {
      nodeOptions: {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          NODE_OPTIONS: `--import ${new URL("short-cdk-polls.ts", import.meta.url)}`,
          HOME: folder,
          CI: "1",
          CDK_DISABLE_CLI_TELEMETRY: "true",
          AWS_ENDPOINT_URL: stage.url,
          AWS_REGION: REGION,
          AWS_ACCESS_KEY_ID: "test",
          AWS_SECRET_ACCESS_KEY: "test",
        },
      },
    },
  );
  return { exitCode, output: stdout + stderr };
}

/** Writes a cloud assembly as a synthesizer does: one stack with its template as an asset. */
async function writeAssembly(body: string): Promise<string> {
  const hash = createHash("sha256").update(body).digest("hex");
  const assembly = join(folder, hash.slice(0, 8));
  const bucket = `cdk-hnb659fds-assets-123456789012-${REGION}`;
  const role = (name: string) =>
    `arn:$\{AWS::Partition}:iam::$\{AWS::AccountId}:role/cdk-hnb659fds-${name}-role-$\{AWS::AccountId}-${REGION}`;
  const environment = `aws://123456789012/${REGION}`;
  const destination = { bucketName: bucket, objectKey: `${hash}.json`, region: REGION };
  const files: Record<string, unknown> = {
    "manifest.json": {
      version: "48.0.0",
      artifacts: {
        "demo.assets": { type: "cdk:asset-manifest", properties: { file: "demo.assets.json" } },
        demo: {
          type: "aws:cloudformation:stack",
          environment,
          properties: {
            templateFile: "demo.template.json",
            assumeRoleArn: role("deploy"),
            cloudFormationExecutionRoleArn: role("cfn-exec"),
            stackTemplateAssetObjectUrl: `s3://${bucket}/${hash}.json`,
            requiresBootstrapStackVersion: 6,
            bootstrapStackVersionSsmParameter: "/cdk-bootstrap/hnb659fds/version",
          },
          dependencies: ["demo.assets"],
        },
      },
    },
    "demo.assets.json": {
      version: "48.0.0",
      files: {
        [hash]: {
          source: { path: "demo.template.json", packaging: "file" },
          destinations: { here: { ...destination, assumeRoleArn: role("file-publishing") } },
        },
      },
      dockerImages: {},
    },
    "demo.template.json": JSON.parse(body),
  };
  await mkdir(assembly, { recursive: true });
  for (const [name, content] of Object.entries(files))
    await writeFile(join(assembly, name), name === "demo.template.json" ? body : JSON.stringify(content));
  return assembly;
}
