import { createHash, randomUUID } from "node:crypto";
import type { Action, Scope } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";

export interface Queue {
  name: string;
  url: string;
  createdAt: number;
  attributes: Record<string, string>;
  tags: Record<string, string>;
  /** Oldest first. */
  messages: Message[];
}

interface Message {
  id: string;
  body: string;
  receiptHandle: string;
  /** Milliseconds since the epoch until which the message is hidden from other receivers. */
  hiddenUntil: number;
}

interface Receive {
  QueueUrl: string;
  MaxNumberOfMessages?: number;
  VisibilityTimeout?: number;
}

/** SQS's default, in seconds. */
const VISIBILITY_SECONDS = 30;

/** Actions that send, receive and delete single messages. */
export function messageActions(
  queueOf: (url: string, scope: Scope) => Queue,
  now: () => number,
): Record<string, Action> {
  return {
    SendMessage: (input: { QueueUrl: string; MessageBody: string }, scope) => {
      refuseUnknown("sqs:SendMessage", input, ["QueueUrl", "MessageBody"]);
      const id = randomUUID();
      const message = { id, body: input.MessageBody, receiptHandle: randomUUID(), hiddenUntil: 0 };
      queueOf(input.QueueUrl, scope).messages.push(message);
      return { MessageId: id, MD5OfMessageBody: md5(input.MessageBody) };
    },
    ReceiveMessage: (input: Receive, scope) => {
      const queue = queueOf(input.QueueUrl, scope);
      const seconds = Number(
        input.VisibilityTimeout ?? queue.attributes.VisibilityTimeout ?? VISIBILITY_SECONDS,
      );
      const taken = queue.messages
        .filter(({ hiddenUntil }) => hiddenUntil <= now())
        .slice(0, input.MaxNumberOfMessages ?? 1);
      for (const message of taken) {
        message.hiddenUntil = now() + seconds * 1000;
        message.receiptHandle = randomUUID();
      }
      return {
        Messages: taken.map(({ id, body, receiptHandle }) => ({
          MessageId: id,
          Body: body,
          ReceiptHandle: receiptHandle,
          MD5OfBody: md5(body),
        })),
      };
    },
    DeleteMessage: (input: { QueueUrl: string; ReceiptHandle: string }, scope) => {
      const queue = queueOf(input.QueueUrl, scope);
      queue.messages = queue.messages.filter(({ receiptHandle }) => receiptHandle !== input.ReceiptHandle);
      return {};
    },
    PurgeQueue: (input: { QueueUrl: string }, scope) => {
      queueOf(input.QueueUrl, scope).messages = [];
      return {};
    },
  };
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
