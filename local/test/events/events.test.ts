import {
  DeleteRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { describe, expect, it } from "vitest";
import { createEvents } from "../../src/services/events/events.ts";
import { matches, parsePattern } from "../../src/services/events/pattern.ts";
import { createSqs } from "../../src/services/sqs/sqs.ts";
import { startStage } from "../wire/stage.ts";

const event: PutEventsRequestEntry = {
  Source: "shop.releases",
  DetailType: "Version Retired",
  Detail: JSON.stringify({ app: "shop" }),
};
const REGION = { region: "eu-west-1" };

async function openBus() {
  const { cloud, config } = await startStage((cloud) => ({
    events: createEvents(cloud),
    sqs: createSqs(cloud),
  }));
  const events = new EventBridgeClient({ ...config, maxAttempts: 1 });
  const { QueueUrl } = await cloud.call("sqs", "CreateQueue", { QueueName: "news" }, REGION);
  return {
    events,
    put: (...Entries: PutEventsRequestEntry[]) => events.send(new PutEventsCommand({ Entries })),
    addRule: (pattern: object, Name = "news") =>
      events.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify(pattern) })),
    addTarget: (Arn = "arn:aws:sqs:eu-west-1:123456789012:news", Rule = "news") =>
      events.send(new PutTargetsCommand({ Rule, Targets: [{ Id: "queue", Arn }] })),
    received: async () => {
      const { Messages } = await cloud.call(
        "sqs",
        "ReceiveMessage",
        { QueueUrl, MaxNumberOfMessages: 10 },
        REGION,
      );
      return Messages.map(({ Body }: { Body: string }) => JSON.parse(Body));
    },
  };
}

describe("PutEvents", () => {
  it("gives each event an id and delivers it to the targets of the rules that match", async () => {
    const { put, addRule, addTarget, received } = await openBus();
    await addRule({
      source: ["shop.releases"],
      "detail-type": ["Version Retired"],
      detail: { app: ["shop"] },
    });
    await addTarget();
    const answer = await put(event, { ...event, DetailType: "Version Promoted" });
    expect(answer.FailedEntryCount).toBe(0);
    expect(answer.Entries).toEqual([
      { EventId: expect.stringMatching(/^[\w-]{36}$/) },
      { EventId: expect.any(String) },
    ]);
    expect(await received()).toEqual([
      {
        version: "0",
        id: answer.Entries![0]!.EventId,
        "detail-type": "Version Retired",
        source: "shop.releases",
        account: "123456789012",
        region: "eu-west-1",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        resources: [],
        detail: { app: "shop" },
      },
    ]);
  });

  it.each<[string, Partial<PutEventsRequestEntry>, string]>([
    ["no source", { Source: undefined }, "InvalidArgument"],
    ["a source of AWS", { Source: "aws.ec2" }, "NotAuthorizedForSourceException"],
    ["a detail that is not a JSON object", { Detail: "[1]" }, "MalformedDetail"],
    ["a detail type of 129 characters", { DetailType: "x".repeat(129) }, "InvalidArgument"],
  ])("fails one entry with %s and accepts the other", async (_, change, ErrorCode) => {
    const { put } = await openBus();
    const { FailedEntryCount, Entries } = await put({ ...event, ...change }, event);
    expect(FailedEntryCount).toBe(1);
    expect(Entries).toMatchObject([{ ErrorCode }, { EventId: expect.any(String) }]);
  });

  it("refuses a request with no complete entry, too many entries or too many bytes", async () => {
    const { put } = await openBus();
    const refused = { name: "ValidationException" };
    await expect(put({ ...event, Source: undefined })).rejects.toMatchObject(refused);
    await expect(put(...Array(11).fill(event))).rejects.toMatchObject(refused);
    const large = { ...event, Detail: JSON.stringify({ text: "x".repeat(256 * 1024) }) };
    await expect(put(large)).rejects.toMatchObject(refused);
  });

  it("refuses by name each feature that is not implemented", async () => {
    const { events, put, addRule, addTarget } = await openBus();
    const refused = (what: string) => ({ name: "NotImplemented", message: expect.stringContaining(what) });
    await expect(put({ ...event, EventBusName: "other" })).rejects.toMatchObject(
      refused("EventBusName other"),
    );
    await expect(addRule({ detail: { cost: [{ numeric: [">", 1] }] } })).rejects.toMatchObject(
      refused("numeric"),
    );
    await addRule({ source: ["shop.releases"] });
    const topic = "arn:aws:sns:eu-west-1:123456789012:news";
    await expect(addTarget(topic)).rejects.toMatchObject(refused(topic));
    const scheduled = new PutRuleCommand({ Name: "tick", ScheduleExpression: "rate(1 minute)" });
    await expect(events.send(scheduled)).rejects.toMatchObject(refused("ScheduleExpression"));
  });
});

it("DeleteRule refuses a rule that still has targets", async () => {
  const { events, addRule, addTarget } = await openBus();
  await addRule({ source: ["shop.releases"] });
  await addTarget();
  const remove = () => events.send(new DeleteRuleCommand({ Name: "news" }));
  await expect(remove()).rejects.toMatchObject({ name: "ValidationException" });
  await events.send(new RemoveTargetsCommand({ Rule: "news", Ids: ["queue"] }));
  await remove();
  expect((await events.send(new ListRulesCommand({}))).Rules).toEqual([]);
});

describe("matches()", () => {
  const retired = { source: "shop.releases", detail: { app: "shop", tags: ["a", "b"], count: 2 } };
  it.each<[object, boolean]>([
    [{ source: ["other", "shop.releases"] }, true],
    [{ source: ["other"] }, false],
    [{ source: [{ prefix: "shop" }] }, true],
    [{ source: [{ suffix: "shop" }] }, false],
    [{ source: [{ "anything-but": ["shop.releases"] }] }, false],
    [{ detail: { tags: ["b"] } }, true],
    [{ detail: { count: ["2"] } }, false],
    [{ detail: { reason: [{ exists: false }] } }, true],
    [{ detail: { app: ["shop"], count: [3] } }, false],
    [{ nested: { field: ["x"] } }, false],
  ])("%j: %s", (pattern, expected) => {
    expect(matches(parsePattern(JSON.stringify(pattern)), retired)).toBe(expected);
  });
});
