import { type Shape, STRINGS, TAG_LIST } from "../properties.ts";
import type { Properties, Providers } from "../provider.ts";
import { changeTags, tagMap } from "../tag-changes.ts";

/** Queue properties that are passed on as attributes with the same names. */
const QUEUE_ATTRIBUTES: Record<string, Shape> = {
  ContentBasedDeduplication: "boolean",
  DelaySeconds: "number",
  FifoQueue: "boolean",
  KmsMasterKeyId: "string",
  MaximumMessageSize: "number",
  MessageRetentionPeriod: "number",
  ReceiveMessageWaitTimeSeconds: "number",
  RedrivePolicy: "json",
  SqsManagedSseEnabled: "boolean",
  VisibilityTimeout: "number",
};

/** Topics and queues. */
export const messagingProviders: Providers = {
  "AWS::SNS::Topic": {
    properties: { DisplayName: "string", KmsMasterKeyId: "string", Tags: TAG_LIST, TopicName: "string" },
    attributes: ["TopicArn", "TopicName"],
    replacedBy: ["TopicName"],
    tagsProperty: "Tags",
    create: async ({ DisplayName, KmsMasterKeyId, Tags, TopicName }, context) => {
      const Name = TopicName ?? context.name({ max: 256 });
      const { TopicArn } = await context.call("sns", "CreateTopic", {
        Name,
        Attributes: { DisplayName, KmsMasterKeyId },
        Tags,
      });
      return { physicalId: TopicArn, attributes: { TopicArn, TopicName: Name } };
    },
    update: async ({ physicalId: TopicArn, properties: before }, properties, changed, { call }) => {
      await changeTags(
        before.Tags,
        properties.Tags,
        (Tags) => call("sns", "TagResource", { ResourceArn: TopicArn, Tags }),
        (TagKeys) => call("sns", "UntagResource", { ResourceArn: TopicArn, TagKeys }),
      );
      for (const AttributeName of ["DisplayName", "KmsMasterKeyId"])
        if (changed.has(AttributeName))
          await call("sns", "SetTopicAttributes", {
            TopicArn,
            AttributeName,
            AttributeValue: properties[AttributeName] ?? "",
          });
      return undefined;
    },
    delete: ({ physicalId: TopicArn }, { call }) => call("sns", "DeleteTopic", { TopicArn }),
  },
  "AWS::SQS::Queue": {
    properties: { ...QUEUE_ATTRIBUTES, QueueName: "string", Tags: TAG_LIST },
    attributes: ["Arn", "QueueName", "QueueUrl"],
    replacedBy: ["FifoQueue", "QueueName"],
    tagsProperty: "Tags",
    create: async ({ QueueName: given, Tags, ...properties }, context) => {
      const QueueName = given ?? context.name({ max: 80 });
      const { QueueUrl } = await context.call("sqs", "CreateQueue", {
        QueueName,
        Attributes: queueAttributes(properties),
        tags: tagMap(Tags),
      });
      const Arn = `arn:aws:sqs:${context.region}:${context.account}:${QueueName}`;
      return { physicalId: QueueUrl, attributes: { Arn, QueueName, QueueUrl } };
    },
    update: async ({ physicalId: QueueUrl, properties: before }, properties, changed, { call }) => {
      const { QueueName: _name, Tags, ...rest } = properties;
      await changeTags(
        before.Tags,
        Tags,
        (tags) => call("sqs", "TagQueue", { QueueUrl, Tags: tagMap(tags) }),
        (TagKeys) => call("sqs", "UntagQueue", { QueueUrl, TagKeys }),
      );
      if ([...changed].some((name) => name !== "Tags"))
        await call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: queueAttributes(rest) });
      return undefined;
    },
    delete: ({ physicalId: QueueUrl }, { call }) => call("sqs", "DeleteQueue", { QueueUrl }),
  },
  "AWS::SQS::QueuePolicy": {
    properties: { PolicyDocument: "json", Queues: STRINGS },
    required: ["PolicyDocument", "Queues"],
    attributes: ["Id"],
    replacedBy: "any",
    create: async ({ PolicyDocument, Queues }, context) => {
      const id = context.name();
      for (const QueueUrl of Queues)
        await context.call("sqs", "SetQueueAttributes", {
          QueueUrl,
          Attributes: { Policy: JSON.stringify(PolicyDocument) },
        });
      return { physicalId: id, attributes: { Id: id } };
    },
    delete: async ({ properties: { Queues } }, { call }) => {
      for (const QueueUrl of Queues)
        await call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy: "" } });
    },
  },
};

/** Converts the attributes of a queue to text. */
function queueAttributes(properties: Properties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)]),
  );
}
