import { type Shape, STRINGS } from "../properties.ts";

const FORWARD: Shape = {
  TargetGroups: [{ TargetGroupArn: "string", Weight: "number" }],
  TargetGroupStickinessConfig: { DurationSeconds: "number", Enabled: "boolean" },
};

/** Actions of listeners and rules, with the API's names. */
export const ACTIONS: Shape = [
  {
    FixedResponseConfig: { ContentType: "string", MessageBody: "string", StatusCode: "string" },
    ForwardConfig: FORWARD,
    Order: "number",
    RedirectConfig: {
      Host: "string",
      Path: "string",
      Port: "string",
      Protocol: "string",
      Query: "string",
      StatusCode: "string",
    },
    TargetGroupArn: "string",
    Type: "string",
  },
];

export const CONDITIONS: Shape = [
  {
    Field: "string",
    HostHeaderConfig: { Values: STRINGS },
    HttpHeaderConfig: { HttpHeaderName: "string", Values: STRINGS },
    HttpRequestMethodConfig: { Values: STRINGS },
    PathPatternConfig: { Values: STRINGS },
    QueryStringConfig: { Values: [{ Key: "string", Value: "string" }] },
    SourceIpConfig: { Values: STRINGS },
    Values: STRINGS,
  },
];

export const ATTRIBUTES: Shape = [{ Key: "string", Value: "string" }];

/** Returns the part of an ARN after a prefix, e.g. `name/id` after `targetgroup/`. */
export function fullName(arn: string, prefix: string): string {
  return arn.slice(arn.indexOf(prefix) + prefix.length);
}
