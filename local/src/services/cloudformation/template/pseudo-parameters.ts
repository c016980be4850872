import { ACCOUNT } from "../../../cloud.ts";

const NAMES = [
  "AWS::AccountId",
  "AWS::NoValue",
  "AWS::NotificationARNs",
  "AWS::Partition",
  "AWS::Region",
  "AWS::StackId",
  "AWS::StackName",
  "AWS::URLSuffix",
];

export function isPseudoParameter(name: string): boolean {
  return NAMES.includes(name);
}

/** Returns the value of a pseudo parameter for a stack. `AWS::NoValue` is `undefined`, which removes the member. */
export function pseudoParameter(
  name: string,
  stack: { id: string; name: string; region: string },
  notificationArns: string[],
): unknown {
  switch (name) {
    case "AWS::AccountId":
      return ACCOUNT;
    case "AWS::NotificationARNs":
      return notificationArns;
    case "AWS::Partition":
      return "aws";
    case "AWS::Region":
      return stack.region;
    case "AWS::StackId":
      return stack.id;
    case "AWS::StackName":
      return stack.name;
    case "AWS::URLSuffix":
      return "amazonaws.com";
    default:
      return undefined;
  }
}
