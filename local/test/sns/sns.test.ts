import { CreateTopicCommand, PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { expect, it } from "vitest";
import { createSns } from "../../src/services/sns/sns.ts";
import { startStage } from "../wire/stage.ts";

it("Publish keeps the message of an existing topic, and refuses an invalid subject", async () => {
  const { cloud, config } = await startStage((cloud) => ({ sns: createSns(cloud) }));
  const sns = new SNSClient(config);
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "shop-janitor" }));
  const publish = (input: object) => sns.send(new PublishCommand({ TopicArn, Message: "retired", ...input }));
  expect((await publish({ Subject: "one" })).MessageId).toBeTruthy();
  await expect(publish({ Subject: "x".repeat(100) })).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
  await expect(publish({ Subject: "two\nlines" })).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
  await expect(publish({ TopicArn: `${TopicArn}s` })).rejects.toMatchObject({ name: "NotFoundException" });
  const { messages } = await cloud.call("sns", "ListMessages", { TopicArn }, { region: "eu-west-1" });
  expect(messages).toEqual([{ subject: "one", message: "retired" }]);
});
