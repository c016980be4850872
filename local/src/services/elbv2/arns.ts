import { randomBytes } from "node:crypto";
import { ACCOUNT } from "../../cloud.ts";

/** Returns the 16 hex digits at the end of this service's ARNs. */
export function newHex(): string {
  return randomBytes(8).toString("hex");
}

export function elbArn(region: string, resource: string): string {
  return `arn:aws:elasticloadbalancing:${region}:${ACCOUNT}:${resource}`;
}
