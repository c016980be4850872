import { randomBytes } from "node:crypto";
import { ACCOUNT } from "../../cloud.ts";

/** The 16 hex digits that end the ARNs of this service. */
export function newHex(): string {
  return randomBytes(8).toString("hex");
}

export function elbArn(region: string, resource: string): string {
  return `arn:aws:elasticloadbalancing:${region}:${ACCOUNT}:${resource}`;
}
