import { Scheduler } from "@aws-sdk/client-scheduler";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cloud } from "../../src/cloud.ts";
import { createScheduler } from "../../src/services/scheduler/scheduler.ts";
import { type Endpoint, startEndpoint } from "../../src/wire/endpoint.ts";
import { until } from "../processes/process-state.ts";

const MINUTE_MS = 60_000;
const TARGET = {
  Arn: "arn:aws:lambda:eu-west-1:123456789012:function:janitor",
  RoleArn: "arn:aws:iam::123456789012:role/scheduler",
};
const EVERY_MINUTE = {
  Name: "janitor",
  ScheduleExpression: "rate(1 minute)",
  FlexibleTimeWindow: { Mode: "OFF" as const },
  Target: TARGET,
};

let now = 0;
let calls: any[] = [];
let cloud: Cloud;
let endpoint: Endpoint;
let scheduler: Scheduler;

beforeEach(async () => {
  now = Date.now();
  calls = [];
  cloud = new Cloud({ stateDir: "/nowhere", now: () => now });
  cloud.register("lambda", { actions: { Invoke: (input) => void calls.push(input) } });
  cloud.register("scheduler", createScheduler(cloud, { tickMs: 5 }));
  endpoint = await startEndpoint(cloud, { port: 0 });
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  scheduler = new Scheduler({ region: "eu-west-1", endpoint: endpoint.url, credentials });
});
afterEach(async () => {
  scheduler.destroy();
  await endpoint.close();
  await cloud.close();
});

describe("a schedule", () => {
  it("invokes its function at once and then at its rate, following the cloud's clock", async () => {
    await scheduler.createSchedule(EVERY_MINUTE);
    await until(() => calls.length === 1);
    now += MINUTE_MS;
    await until(() => calls.length === 2);
    expect(calls[0]).toMatchObject({ FunctionName: TARGET.Arn, InvocationType: "Event" });
  });

  it("passes its input, with the context attributes replaced", async () => {
    const Input = `{"at":"<aws.scheduler.scheduled-time>","arn":"<aws.scheduler.schedule-arn>"}`;
    const { ScheduleArn } = await scheduler.createSchedule({ ...EVERY_MINUTE, Target: { ...TARGET, Input } });
    await until(() => calls.length === 1);
    const event = JSON.parse(Buffer.from(calls[0].Payload).toString());
    expect(event.arn).toBe(ScheduleArn);
    expect(event.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it("does not fire while it is disabled or after it is deleted", async () => {
    await scheduler.createSchedule({ ...EVERY_MINUTE, Name: "off", State: "DISABLED" });
    await scheduler.createSchedule({ ...EVERY_MINUTE, Name: "gone" });
    await until(() => calls.length === 1);
    await scheduler.deleteSchedule({ Name: "gone" });
    await scheduler.createSchedule({ ...EVERY_MINUTE, Name: "witness" });
    await until(() => calls.length === 2);
    now += MINUTE_MS;
    await until(() => calls.length === 3);
    expect((await scheduler.listSchedules({})).Schedules!.map(({ Name }) => Name)).toEqual([
      "off",
      "witness",
    ]);
  });

  it("shows its defaults in GetSchedule and is replaced as a whole by UpdateSchedule", async () => {
    await scheduler.createSchedule({ ...EVERY_MINUTE, Description: "first" });
    const update = { ...EVERY_MINUTE, ScheduleExpression: "rate(2 hours)" };
    await scheduler.updateSchedule(update);
    const described = await scheduler.getSchedule({ Name: "janitor" });
    expect(described).toMatchObject({
      ScheduleExpression: "rate(2 hours)",
      State: "ENABLED",
      GroupName: "default",
      Target: { Arn: TARGET.Arn, RetryPolicy: { MaximumRetryAttempts: 185 } },
    });
    expect(described.Description).toBeUndefined();
  });

  it("is refused for a duplicate name, an unknown group, an invalid expression or a target other than Lambda", async () => {
    await scheduler.createSchedule(EVERY_MINUTE);
    await expect(scheduler.createSchedule(EVERY_MINUTE)).rejects.toMatchObject({ name: "ConflictException" });
    await expect(scheduler.createSchedule({ ...EVERY_MINUTE, GroupName: "none" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    const wrong = { ...EVERY_MINUTE, Name: "wrong" };
    await expect(scheduler.createSchedule({ ...wrong, ScheduleExpression: "often" })).rejects.toThrow(
      "Invalid Schedule Expression often",
    );
    const queue = { ...TARGET, Arn: "arn:aws:sqs:eu-west-1:123456789012:q" };
    await expect(scheduler.createSchedule({ ...wrong, Target: queue })).rejects.toMatchObject({
      name: "NotImplemented",
    });
  });
});

describe("a schedule group", () => {
  it("deletes its schedules when it is deleted", async () => {
    await scheduler.createScheduleGroup({ Name: "own" });
    await scheduler.createSchedule({ ...EVERY_MINUTE, GroupName: "own" });
    await scheduler.deleteScheduleGroup({ Name: "own" });
    expect((await scheduler.listSchedules({})).Schedules).toEqual([]);
    await expect(scheduler.getScheduleGroup({ Name: "own" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});
