/**
 * Amazon SQS.
 *
 * **Gaps**: standard queues only; no batches, delays, redrive, message attributes or long polling: an empty queue
 * responds at once.
 * **By design**: it supports what a dead-letter queue needs.
 */
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Cloud, perRegion, type Scope, type Service } from "../../cloud.ts";
import { messageActions, type Queue } from "./messages.ts";

/** Creates SQS with queues per region. */
export function createSqs(cloud: Cloud): Service {
  const queuesOf = perRegion(() => new Map<string, Queue>());
  const queueOf = (url: string, scope: Scope): Queue => {
    const queue = queuesOf(scope).get(url.slice(url.lastIndexOf("/") + 1));
    if (queue === undefined) throw new AwsError("QueueDoesNotExist", `The queue ${url} does not exist.`);
    return queue;
  };
  return {
    actions: {
      CreateQueue: (
        input: { QueueName: string; Attributes?: Record<string, string>; tags?: Record<string, string> },
        scope,
      ) => {
        const name = input.QueueName;
        const queue = queuesOf(scope).get(name) ?? {
          name,
          url: `https://sqs.${scope.region}.amazonaws.com/${ACCOUNT}/${name}`,
          createdAt: cloud.now(),
          attributes: input.Attributes ?? {},
          tags: input.tags ?? {},
          messages: [],
        };
        queuesOf(scope).set(name, queue);
        return { QueueUrl: queue.url };
      },
      GetQueueUrl: (input: { QueueName: string }, scope) => ({
        QueueUrl: queueOf(input.QueueName, scope).url,
      }),
      GetQueueAttributes: (input: { QueueUrl: string; AttributeNames?: string[] }, scope) => {
        const queue = queueOf(input.QueueUrl, scope);
        const all: Record<string, string> = {
          ...queue.attributes,
          QueueArn: `arn:aws:sqs:${scope.region}:${ACCOUNT}:${queue.name}`,
          ApproximateNumberOfMessages: String(queue.messages.length),
          CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
        };
        const wanted = input.AttributeNames ?? [];
        if (wanted.includes("All")) return { Attributes: all };
        return {
          Attributes: Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name))),
        };
      },
      SetQueueAttributes: (input: { QueueUrl: string; Attributes: Record<string, string> }, scope) => {
        Object.assign(queueOf(input.QueueUrl, scope).attributes, input.Attributes);
        return {};
      },
      ListQueues: (input: { QueueNamePrefix?: string }, scope) => ({
        QueueUrls: [...queuesOf(scope).values()]
          .filter(({ name }) => name.startsWith(input.QueueNamePrefix ?? ""))
          .map(({ url }) => url),
      }),
      TagQueue: (input: { QueueUrl: string; Tags: Record<string, string> }, scope) => {
        Object.assign(queueOf(input.QueueUrl, scope).tags, input.Tags);
        return {};
      },
      ...messageActions(queueOf, cloud.now),
      DeleteQueue: (input: { QueueUrl: string }, scope) => {
        queuesOf(scope).delete(queueOf(input.QueueUrl, scope).name);
        return {};
      },
    },
  };
}
