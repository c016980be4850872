import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { Cloud } from "../../src/cloud.ts";
import { createSqs } from "../../src/services/sqs/sqs.ts";

it("a received message is hidden for its visibility timeout, and a deleted one no longer exists", async () => {
  let now = 0;
  const cloud = new Cloud({ stateDir: tmpdir(), now: () => now });
  cloud.register("sqs", createSqs(cloud));
  const call = (action: string, input: object) => cloud.call("sqs", action, input, { region: "eu-west-1" });
  const { QueueUrl } = await call("CreateQueue", {
    QueueName: "dead",
    Attributes: { VisibilityTimeout: "10" },
  });
  await call("SendMessage", { QueueUrl, MessageBody: "lost event" });
  const receive = async () => (await call("ReceiveMessage", { QueueUrl })).Messages;
  expect(await receive()).toMatchObject([{ Body: "lost event" }]);
  expect(await receive()).toEqual([]);
  now += 10_000;
  const [{ ReceiptHandle }] = await receive();
  await call("DeleteMessage", { QueueUrl, ReceiptHandle });
  now += 10_000;
  expect(await receive()).toEqual([]);
});
