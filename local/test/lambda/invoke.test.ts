import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isGone, until } from "../processes/process-state.ts";
import { openStage, type Stage, zip } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ retryDelaysMs: [10] });
});
afterAll(() => stage.close());

describe("Invoke", () => {
  it("runs a CommonJS handler with its event, context and environment", async () => {
    const code = `exports.handler = async (event, context) => ({
      event, name: context.functionName, left: context.getRemainingTimeInMillis() > 1000, env: process.env });`;
    await stage.create("common", code, { Environment: { Variables: { COLOUR: "blue" } } });
    const { value, StatusCode, ExecutedVersion, FunctionError } = await stage.invoke("common", { a: 1 });
    expect([StatusCode, ExecutedVersion, FunctionError]).toEqual([200, "$LATEST", undefined]);
    expect(value).toMatchObject({
      event: { a: 1 },
      name: "common",
      left: true,
      env: {
        COLOUR: "blue",
        AWS_REGION: "us-east-1",
        AWS_LAMBDA_FUNCTION_NAME: "common",
        AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
        AWS_ENDPOINT_URL: stage.cloud.endpoint,
      },
    });
    expect(value.env.HOME).toBeUndefined();
  });

  it("runs an ES module, recognized by its extension, its package.json or its syntax", async () => {
    const code = `import { readFileSync } from "node:fs"; export const handler = async () => typeof readFileSync;`;
    await stage.create("ending", { "index.mjs": code });
    await stage.create("package", { "index.js": code, "package.json": `{"type":"module"}` });
    await stage.create("syntax", { "index.js": code });
    for (const name of ["ending", "package", "syntax"])
      expect((await stage.invoke(name)).value).toBe("function");
  });

  it("lets both kinds of module use the SDK, whose clients call the local AWS", async () => {
    const use = `async () => (await new SSM().putParameter({ Name: "/x", Value: "1", Type: "String", Overwrite: true })).Version > 0`;
    await stage.create(
      "required",
      `const { SSM } = require("@aws-sdk/client-ssm"); exports.handler = ${use};`,
    );
    await stage.create("imported", {
      "index.mjs": `import { SSM } from "@aws-sdk/client-ssm"; export const handler = ${use};`,
    });
    for (const name of ["required", "imported"]) expect((await stage.invoke(name)).value).toBe(true);
  });

  it("returns a handler's error as Lambda does, and keeps the process", async () => {
    const code = `let calls = 0;
      exports.handler = async ({ fail }) => { calls++; if (fail) throw new TypeError("no " + fail); return calls; };`;
    await stage.create("thrower", code);
    const failed = await stage.invoke("thrower", { fail: "luck" });
    expect(failed).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled" });
    expect(failed.value).toMatchObject({ errorType: "TypeError", errorMessage: "no luck" });
    expect((await stage.invoke("thrower")).value).toBe(2);
  });

  it("ends a function that times out, with its child processes", async () => {
    const code = `const { spawn } = require("node:child_process");
      exports.handler = () => { const child = spawn("sleep", ["600"]);
        console.log("child " + child.pid); return new Promise(() => {}); };`;
    await stage.create("slow", code, { Timeout: 1 });
    const { value, FunctionError, log } = await stage.invoke("slow");
    expect(FunctionError).toBe("Unhandled");
    expect(value).toMatchObject({ errorType: "Sandbox.Timedout" });
    expect(value.errorMessage).toContain("Task timed out after 1.00 seconds");
    const pid = Number(/child (\d+)/.exec(log)![1]);
    await until(() => isGone(pid));
  });

  it("reports a function that exits or cannot be loaded", async () => {
    await stage.create("quitter", `exports.handler = async () => process.exit(7);`);
    expect((await stage.invoke("quitter")).value).toMatchObject({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringContaining("exit status 7"),
    });
    await stage.create("nothing", `exports.other = 1;`);
    expect((await stage.invoke("nothing")).value).toMatchObject({
      errorType: "Runtime.HandlerNotFound",
      errorMessage: "index.handler is undefined or not exported",
    });
    await stage.create("missing", { "other.js": "" });
    expect((await stage.invoke("missing")).value).toMatchObject({ errorType: "Runtime.ImportModuleError" });
  });

  it("supports callbacks up to Node 22, and refuses them on Node 24", async () => {
    const code = `exports.handler = (event, context, callback) => setTimeout(callback, 1, null, "called");`;
    await stage.create("callback22", code, { Runtime: "nodejs22.x" });
    await stage.create("callback24", code);
    expect((await stage.invoke("callback22")).value).toBe("called");
    expect((await stage.invoke("callback24")).value).toMatchObject({
      errorType: "Runtime.CallbackHandlerDeprecated",
    });
  });

  it("logs the function's output to its group, between START and REPORT", async () => {
    await stage.create(
      "writer",
      `exports.handler = async () => { console.warn("hear %s", "me"); process.stdout.write("raw\\n"); };`,
    );
    const { log } = await stage.invoke("writer");
    expect(log).toMatch(
      /^START RequestId: .*\n.*\tWARN\thear me\nraw\nEND RequestId: .*\nREPORT RequestId: /,
    );
    const { events } = await stage.logs.filterLogEvents({ logGroupName: "/aws/lambda/writer" });
    expect(events!.map(({ message }) => message)).toContain("raw");
  });

  it("runs concurrent events in separate processes, and throttles past the limit", async () => {
    const code = `exports.handler = async () => { await new Promise((done) => setTimeout(done, 700)); return process.pid; };`;
    await stage.create("parallel", code);
    await stage.lambda.putFunctionConcurrency({ FunctionName: "parallel", ReservedConcurrentExecutions: 2 });
    const calls = await Promise.allSettled([1, 2, 3].map(() => stage.invoke("parallel")));
    const pids = calls.filter((call) => call.status === "fulfilled").map((call) => call.value.value);
    expect(new Set(pids).size).toBe(2);
    expect(calls.find((call) => call.status === "rejected")?.reason).toMatchObject({
      name: "TooManyRequestsException",
    });
  });

  it("responds at once to type Event and retries when the function fails", async () => {
    await stage.create(
      "flaky",
      `let tries = 0;
      exports.handler = async () => { console.log("try " + ++tries); if (tries < 3) throw new Error("not yet"); };`,
    );
    expect((await stage.invoke("flaky", {}, "Event")).StatusCode).toBe(202);
    const lines = async () => {
      const { events } = await stage.logs
        .filterLogEvents({ logGroupName: "/aws/lambda/flaky" })
        .catch(() => ({ events: [] }));
      return events!.map(({ message }) => message).filter((message) => message!.includes("try "));
    };
    await until(async () => (await lines()).length === 3);
  });

  it("runs nothing for type DryRun", async () => {
    await stage.create("dry", "throw new Error();");
    expect((await stage.invoke("dry", {}, "DryRun")).StatusCode).toBe(204);
  });
});

describe("functions", () => {
  it("load their code from S3, and changed code on an update", async () => {
    const scope = { region: "us-east-1" };
    const put = (Key: string, Body: Uint8Array) =>
      stage.cloud.call("s3", "PutObject", { Bucket: "code", Key, Body }, scope);
    await stage.cloud.call("s3", "CreateBucket", { Bucket: "code" }, scope);
    await put("a.zip", zip({ "index.js": `exports.handler = async () => "a";` }));
    await put("b.zip", zip({ "index.js": `exports.handler = async () => "b";` }));
    await stage.create("stored", "", { Code: { S3Bucket: "code", S3Key: "a.zip" } });
    expect((await stage.invoke("stored")).value).toBe("a");
    await stage.lambda.updateFunctionCode({ FunctionName: "stored", S3Bucket: "code", S3Key: "b.zip" });
    expect((await stage.invoke("stored")).value).toBe("b");
    const missing = { FunctionName: "stored", S3Bucket: "code", S3Key: "c.zip" };
    await expect(stage.lambda.updateFunctionCode(missing)).rejects.toThrow("NoSuchKey");
  });

  it("keep published versions unchanged", async () => {
    await stage.create("versioned", `exports.handler = async () => process.env.COLOUR;`, {
      Environment: { Variables: { COLOUR: "blue" } },
    });
    const FunctionName = "versioned";
    const first = await stage.lambda.publishVersion({ FunctionName });
    expect((await stage.lambda.publishVersion({ FunctionName })).Version).toBe(first.Version);
    const Environment = { Variables: { COLOUR: "red" } };
    await stage.lambda.updateFunctionConfiguration({ FunctionName, Environment });
    expect((await stage.lambda.publishVersion({ FunctionName })).Version).toBe("2");
    expect((await stage.invoke(first.FunctionArn!)).value).toBe("blue");
    expect((await stage.invoke(FunctionName)).value).toBe("red");
    const { Versions } = await stage.lambda.listVersionsByFunction({ FunctionName });
    expect(Versions!.map(({ Version }) => Version)).toEqual(["$LATEST", "1", "2"]);
  });

  it("are refused for a duplicate name, a reserved variable or another runtime", async () => {
    await stage.create("taken", "");
    await expect(stage.create("taken", "")).rejects.toMatchObject({ name: "ResourceConflictException" });
    const Environment = { Variables: { AWS_REGION: "x" } };
    await expect(stage.create("reserved", "", { Environment })).rejects.toThrow("reserved keys");
    await expect(stage.create("python", "", { Runtime: "python3.13" })).rejects.toMatchObject({
      name: "NotImplemented",
    });
    await expect(stage.create("layered", "", { Layers: ["arn"] })).rejects.toThrow("Layers");
  });

  it("no longer exist after their deletion", async () => {
    await stage.create("gone", `exports.handler = async () => 1;`);
    await stage.invoke("gone");
    await stage.lambda.deleteFunction({ FunctionName: "gone" });
    await expect(stage.invoke("gone")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("record permissions", async () => {
    await stage.create("open", "");
    const statement = {
      StatementId: "s",
      Action: "lambda:InvokeFunction",
      Principal: "events.amazonaws.com",
    };
    await stage.lambda.addPermission({ FunctionName: "open", ...statement });
    const { Policy } = await stage.lambda.getPolicy({ FunctionName: "open" });
    expect(JSON.parse(Policy!).Statement).toMatchObject([
      { Sid: "s", Principal: { Service: "events.amazonaws.com" } },
    ]);
  });
});

describe("closing the cloud", () => {
  it("leaves no process, idle or busy", async () => {
    const own = await openStage();
    await own.create(
      "pid",
      `exports.handler = async ({ stay }) => { console.log(process.pid); if (stay) await new Promise(() => {}); return process.pid; };`,
    );
    const { value: idle } = await own.invoke("pid");
    void own.cloud.call(
      "lambda",
      "Invoke",
      { FunctionName: "pid", InvocationType: "Event", Payload: Buffer.from(`{"stay":1}`) },
      { region: "us-east-1" },
    );
    expect(isGone(idle)).toBe(false);
    await own.close();
    expect(isGone(idle)).toBe(true);
  });
});
