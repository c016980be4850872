import { isIPv4 } from "node:net";
import type {
  DeregisterTargetsInput,
  DescribeTargetHealthInput,
  RegisterTargetsInput,
  TargetDescription,
  TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Health } from "../../alb/health.ts";
import { targetKey } from "../../alb/target.ts";
import { AwsError } from "../../aws-error.ts";
import type { Action } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import type { Elbv2Context } from "./context.ts";
import { findTargetGroup } from "./find.ts";
import { integer, required } from "./input.ts";
import type { TargetGroupRecord } from "./model.ts";

/** Maximum number of targets in one target group (ALB quota). */
const TARGETS_PER_GROUP = 1000;

export function targetActions(context: Elbv2Context): Record<string, Action> {
  return {
    RegisterTargets(input: RegisterTargetsInput, scope) {
      refuseUnknown("elbv2:RegisterTargets", input, ["TargetGroupArn", "Targets"]);
      const record = findTargetGroup(context.stateOf(scope), input.TargetGroupArn);
      const targets = required(input.Targets, "Targets").map((target) => addressOf(record, target));
      const keys = new Set(record.group.targets().map(({ ip, port }) => targetKey(ip, port)));
      for (const { ip, port } of targets) keys.add(targetKey(ip, port));
      if (keys.size > TARGETS_PER_GROUP) {
        throw new AwsError(
          "TooManyTargets",
          `'${record.arn}' cannot have more than ${TARGETS_PER_GROUP} targets`,
        );
      }
      for (const { ip, port } of targets) record.group.register(ip, port);
      return {};
    },

    DeregisterTargets(input: DeregisterTargetsInput, scope) {
      refuseUnknown("elbv2:DeregisterTargets", input, ["TargetGroupArn", "Targets"]);
      const record = findTargetGroup(context.stateOf(scope), input.TargetGroupArn);
      const targets = required(input.Targets, "Targets").map((target) => addressOf(record, target));
      for (const { ip, port } of targets) record.group.deregister(ip, port);
      return {};
    },

    DescribeTargetHealth(input: DescribeTargetHealthInput, scope) {
      refuseUnknown("elbv2:DescribeTargetHealth", input, ["TargetGroupArn", "Targets"]);
      const record = findTargetGroup(context.stateOf(scope), input.TargetGroupArn);
      const registered = record.group.targets();
      if (!input.Targets?.length) {
        const all = registered.map(({ ip, port, health }) => describe(record, ip, port, health));
        return { TargetHealthDescriptions: all };
      }
      const wanted = input.Targets.map((target) => addressOf(record, target));
      return {
        TargetHealthDescriptions: wanted.map(({ ip, port }) => {
          const target = registered.find((candidate) => candidate.ip === ip && candidate.port === port);
          return describe(record, ip, port, target?.health ?? NOT_REGISTERED);
        }),
      };
    },
  };
}

const NOT_REGISTERED: Health = {
  state: "unused",
  passes: 0,
  failures: 0,
  reason: "Target.NotRegistered",
  description: "Target is not registered to the target group",
};

/** Returns the address of a target. The default port is that of its target group. */
function addressOf(record: TargetGroupRecord, target: TargetDescription): { ip: string; port: number } {
  refuseUnknown("elbv2:RegisterTargets", target, ["Id", "Port", "AvailabilityZone"]);
  const ip = required(target.Id, "Target.Id");
  if (!isIPv4(ip))
    throw new AwsError("ValidationError", `The IP address '${ip}' is not a valid IPv4 address`);
  return { ip, port: integer(target.Port, "Target.Port", { min: 1, max: 65_535, default: record.port }) };
}

function describe(
  record: TargetGroupRecord,
  ip: string,
  port: number,
  health: Health,
): TargetHealthDescription {
  const checkPort = record.group.settings.health.port;
  return {
    Target: { Id: ip, Port: port },
    HealthCheckPort: checkPort === "traffic-port" ? String(port) : checkPort,
    TargetHealth: {
      State: health.state,
      ...(health.reason === undefined
        ? {}
        : {
            Reason: health.reason as NonNullable<TargetHealthDescription["TargetHealth"]>["Reason"],
            Description: health.description,
          }),
    },
  };
}
