/**
 * Amazon SNS.
 *
 * **Gaps**: no subscriptions (Subscribe is refused by name), message attributes, structures or FIFO topics.
 * **By design**: published messages are not delivered. A topic keeps the last ones; `ListMessages`, which is not an AWS
 * action, returns them.
 */
import { randomUUID } from "node:crypto";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Cloud, perRegion, type Scope, type Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";

interface Topic {
  arn: string;
  attributes: Record<string, string>;
  tags: Map<string, string>;
  messages: { subject: string | undefined; message: string }[];
}

const MESSAGES_KEPT = 100;
/** Maximum length of a subject, in characters (SNS API reference, `Publish`). */
const SUBJECT_LENGTH = 100;

/** Creates SNS with topics per region. */
export function createSns(_cloud: Cloud): Service {
  const topicsOf = perRegion(() => new Map<string, Topic>());
  const topicOf = (arn: string, scope: Scope): Topic => {
    const topic = topicsOf(scope).get(arn);
    if (topic === undefined) throw new AwsError("NotFound", `Topic ${arn} does not exist`, 404);
    return topic;
  };
  return {
    actions: {
      CreateTopic: (
        input: {
          Name: string;
          Attributes?: Record<string, string>;
          Tags?: { Key: string; Value: string }[];
        },
        scope,
      ) => {
        const arn = `arn:aws:sns:${scope.region}:${ACCOUNT}:${input.Name}`;
        const existing = topicsOf(scope).get(arn);
        const tags = new Map(input.Tags?.map(({ Key, Value }) => [Key, Value]));
        if (existing === undefined)
          topicsOf(scope).set(arn, { arn, attributes: input.Attributes ?? {}, tags, messages: [] });
        return { TopicArn: arn };
      },
      GetTopicAttributes: (input: { TopicArn: string }, scope) => ({
        Attributes: {
          ...topicOf(input.TopicArn, scope).attributes,
          TopicArn: input.TopicArn,
          Owner: ACCOUNT,
        },
      }),
      SetTopicAttributes: (
        input: { TopicArn: string; AttributeName: string; AttributeValue?: string },
        scope,
      ) => {
        topicOf(input.TopicArn, scope).attributes[input.AttributeName] = input.AttributeValue ?? "";
        return {};
      },
      Publish: (input: PublishInput, scope) => publish(topicOf(input.TopicArn, scope), input),
      /** Not an AWS action: returns the messages of a topic, oldest first. */
      ListMessages: (input: { TopicArn: string }, scope) => ({
        messages: [...topicOf(input.TopicArn, scope).messages],
      }),
      ListTopics: (_input, scope) => ({
        Topics: [...topicsOf(scope).keys()].map((TopicArn) => ({ TopicArn })),
      }),
      TagResource: (input: { ResourceArn: string; Tags: { Key: string; Value: string }[] }, scope) => {
        const { tags } = topicOf(input.ResourceArn, scope);
        for (const { Key, Value } of input.Tags) tags.set(Key, Value);
        return {};
      },
      UntagResource: (input: { ResourceArn: string; TagKeys: string[] }, scope) => {
        for (const key of input.TagKeys) topicOf(input.ResourceArn, scope).tags.delete(key);
        return {};
      },
      DeleteTopic: (input: { TopicArn: string }, scope) => {
        topicsOf(scope).delete(input.TopicArn);
        return {};
      },
    },
  };
}

interface PublishInput {
  TopicArn: string;
  Subject?: string;
  Message: string;
}

function publish({ messages }: Topic, input: PublishInput): { MessageId: string } {
  refuseUnknown("sns:Publish", input, ["TopicArn", "Subject", "Message"]);
  const { Subject: subject, Message: message } = input;
  if (!message) throw new AwsError("InvalidParameter", "Invalid parameter: Empty message");
  if (subject !== undefined && (subject.length >= SUBJECT_LENGTH || !/^[\x20-\x7e]+$/.test(subject)))
    throw new AwsError("InvalidParameter", "Invalid parameter: Subject");
  messages.push({ subject, message });
  messages.splice(0, messages.length - MESSAGES_KEPT);
  return { MessageId: randomUUID() };
}
