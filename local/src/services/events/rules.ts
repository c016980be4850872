import { notImplemented } from "../../aws-error.ts";
import type { Pattern } from "./pattern.ts";

export interface Target {
  Id: string;
  Arn: string;
}

export interface Rule {
  name: string;
  arn: string;
  pattern: Pattern;
  /** The pattern as it was sent. */
  patternText: string;
  state: "ENABLED" | "DISABLED";
  description: string | undefined;
  targets: Map<string, Target>;
}

/** @throws AwsError NotImplemented for a target that is neither a Lambda function nor an SQS queue */
export function targetKind({ Arn }: Target): "lambda" | "sqs" {
  const service = Arn.split(":")[2];
  if (service === "lambda" || service === "sqs") return service;
  throw notImplemented(`events:PutTargets: the target ${Arn}`);
}
