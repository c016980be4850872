import type { Cloud } from "../../cloud.ts";
import { type Rule, type Target, targetKind } from "./rules.ts";

/** An event as targets receive it. */
export interface BusEvent {
  version: "0";
  id: string;
  "detail-type": string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** Sends an event to one target of a rule. A failure is only reported in the log. */
export async function deliver(cloud: Cloud, rule: Rule, target: Target, event: BusEvent): Promise<void> {
  const body = JSON.stringify(event);
  try {
    if (targetKind(target) === "lambda") {
      const input = { FunctionName: target.Arn, InvocationType: "Event", Payload: Buffer.from(body) };
      await cloud.call("lambda", "Invoke", input, { region: event.region });
      return;
    }
    const [, , , region = event.region, account, name] = target.Arn.split(":");
    const QueueUrl = `https://sqs.${region}.amazonaws.com/${account}/${name}`;
    await cloud.call("sqs", "SendMessage", { QueueUrl, MessageBody: body }, { region });
  } catch (error) {
    cloud.log(`Rule ${rule.name} could not deliver to ${target.Arn}: ${(error as Error).message}`);
  }
}
