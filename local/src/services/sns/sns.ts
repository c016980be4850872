/**
 * Amazon SNS.
 *
 * **Gaps**: topics are recorded; there are no subscriptions and nothing is published, so that Publish and Subscribe are
 * refused by name.
 * **By design**: an alarm's topic only needs to exist.
 */
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Cloud, perRegion, type Scope, type Service } from "../../cloud.ts";

interface Topic {
  arn: string;
  attributes: Record<string, string>;
  tags: Map<string, string>;
}

/** SNS with topics per region. */
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
          topicsOf(scope).set(arn, { arn, attributes: input.Attributes ?? {}, tags });
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
