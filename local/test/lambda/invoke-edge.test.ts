import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

async function publish(name: string, code: string, input: object = {}): Promise<string> {
  return (await stage.create(name, code, { Publish: true, ...input })).FunctionArn!;
}

describe("InvokeEdge", () => {
  it("passes the event to the handler and returns its result", async () => {
    const arn = await publish(
      "route",
      `exports.handler = async (event) => ({ ...event.Records[0].cf, seen: true });`,
    );
    const event = { Records: [{ cf: { request: { uri: "/a" } } }] };
    expect(await stage.invokeEdge(arn, "edge-1", event)).toEqual({ request: { uri: "/a" }, seen: true });
  });

  it("keeps separate module states per version and edge", async () => {
    const arn = await publish("counter", `let calls = 0; exports.handler = async () => ++calls;`);
    expect(await stage.invokeEdge(arn, "edge-1", {})).toBe(1);
    expect(await stage.invokeEdge(arn, "edge-1", {})).toBe(2);
    expect(await stage.invokeEdge(arn, "edge-2", {})).toBe(1);
  });

  it("handles events concurrently", async () => {
    const arn = await publish(
      "meeting",
      `let arrived = 0, open; const all = new Promise((done) => { open = done; });
      exports.handler = async () => { if (++arrived === 5) open(); await all; return arrived; };`,
    );
    const answers = await Promise.all(Array.from({ length: 5 }, () => stage.invokeEdge(arn, "edge-1", {})));
    expect(answers).toEqual([5, 5, 5, 5, 5]);
  });

  it("sets AWS's variables, none of this process, and a region that depends on the edge", async () => {
    const arn = await publish("environment", `exports.handler = async () => process.env;`);
    const env = await stage.invokeEdge(arn, "edge-1", {});
    expect(env).toMatchObject({
      AWS_ENDPOINT_URL: stage.cloud.endpoint,
      AWS_LAMBDA_FUNCTION_NAME: "us-east-1.environment",
      AWS_LAMBDA_FUNCTION_VERSION: "1",
      AWS_REGION: expect.stringMatching(/^[a-z]+-[a-z]+-\d$/),
    });
    expect(env.VITEST).toBeUndefined();
    expect((await stage.invokeEdge(arn, "edge-1", {})).AWS_REGION).toBe(env.AWS_REGION);
  });

  it("fails with LambdaFailed when the handler throws, and continues", async () => {
    const arn = await publish(
      "thrower",
      `exports.handler = async ({ fail }) => { if (fail) throw new Error("no luck"); return 1; };`,
    );
    await expect(stage.invokeEdge(arn, "edge-1", { fail: true })).rejects.toMatchObject({
      code: "LambdaFailed",
      message: "Error: no luck",
    });
    expect(await stage.invokeEdge(arn, "edge-1", {})).toBe(1);
  });

  it("fails when the function hangs, and starts again", async () => {
    const code = `let calls = 0; exports.handler = async ({ hang }) => { calls++; while (hang); return calls; };`;
    const arn = await publish("hanging", code, { Timeout: 1 });
    await expect(stage.invokeEdge(arn, "edge-1", { hang: true })).rejects.toThrow(
      "timed out after 1.00 seconds",
    );
    expect(await stage.invokeEdge(arn, "edge-1", {})).toBe(1);
  });

  it("fails when the code cannot be loaded or fails outside of events, and starts again", async () => {
    const broken = await publish("broken", `throw new RangeError("at start");`);
    await expect(stage.invokeEdge(broken, "edge-1", {})).rejects.toThrow("RangeError: at start");
    const bomb = await publish(
      "bomb",
      `exports.handler = async ({ explode }) => {
      if (explode) { setTimeout(() => { throw new Error("later"); }, 1); await new Promise(() => {}); } return 1; };`,
    );
    await expect(stage.invokeEdge(bomb, "edge-1", { explode: true })).rejects.toThrow("later");
    expect(await stage.invokeEdge(bomb, "edge-1", {})).toBe(1);
  });

  it("refuses $LATEST and functions with variables", async () => {
    const { FunctionArn } = await stage.create("latest", "");
    await expect(stage.invokeEdge(FunctionArn!, "edge-1", {})).rejects.toThrow("not a numbered version");
    const arn = await publish("variables", "", { Environment: { Variables: { A: "1" } } });
    await expect(stage.invokeEdge(arn, "edge-1", {})).rejects.toThrow("cannot have environment variables");
  });

  it("writes the function's output to the log group in its replica's region", async () => {
    const arn = await publish(
      "writer",
      `exports.handler = async () => { console.log("hello"); return process.env.AWS_REGION; };`,
    );
    const region = await stage.invokeEdge(arn, "edge-1", {});
    const input = { logGroupName: "/aws/lambda/us-east-1.writer" };
    await expect
      .poll(() =>
        stage.cloud.call("logs", "FilterLogEvents", input, { region }).catch(() => ({ events: [] })),
      )
      .toMatchObject({ events: [{ message: expect.stringContaining("INFO\thello") }] });
  });
});
