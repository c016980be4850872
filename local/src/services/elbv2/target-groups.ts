import { isDeepStrictEqual } from "node:util";
import type {
  CreateTargetGroupInput,
  DeleteTargetGroupInput,
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupsInput,
  ModifyTargetGroupAttributesInput,
  ModifyTargetGroupInput,
  TargetGroup as TargetGroupDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { TargetGroup, type TargetGroupSettings } from "../../alb/target-group.ts";
import { AwsError } from "../../aws-error.ts";
import { type Action, found } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { elbArn, newHex } from "./arns.ts";
import { defaultAttributes, listAttributes, setAttributes, TARGET_GROUP_ATTRIBUTES } from "./attributes.ts";
import type { Elbv2Context } from "./context.ts";
import { findLoadBalancer, findTargetGroup } from "./find.ts";
import { healthSettings } from "./health-settings.ts";
import { integer, oneOf, page, required, validName } from "./input.ts";
import type { RegionState, TargetGroupRecord } from "./model.ts";

const HEALTH_MEMBERS = [
  ...["HealthCheckProtocol", "HealthCheckPort", "HealthCheckEnabled", "HealthCheckPath", "Matcher"],
  ...[
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
  ],
];

export function targetGroupActions(context: Elbv2Context): Record<string, Action> {
  return {
    CreateTargetGroup(input: CreateTargetGroupInput, scope) {
      const state = context.stateOf(scope);
      const name = checkTargetGroup(input);
      const { Tags, ...settings } = input;
      const known = [...state.targetGroups.values()].find((record) => record.name === name);
      if (known !== undefined) {
        if (isDeepStrictEqual(known.input, settings)) return { TargetGroups: [describe(known)] };
        throw new AwsError(
          "DuplicateTargetGroupName",
          `A target group with the same name '${name}' exists, but with different settings`,
        );
      }
      const record = newTargetGroup(context, state, name, settings);
      state.targetGroups.set(record.arn, record);
      state.tags.set(record.arn, Tags ?? []);
      return { TargetGroups: [describe(record)] };
    },

    DescribeTargetGroups(input: DescribeTargetGroupsInput, scope) {
      const { items, ...next } = page(select(context.stateOf(scope), input), input);
      return { TargetGroups: items.map(describe), ...next };
    },

    ModifyTargetGroup(input: ModifyTargetGroupInput, scope) {
      refuseUnknown("elbv2:ModifyTargetGroup", input, ["TargetGroupArn", ...HEALTH_MEMBERS]);
      const record = findTargetGroup(context.stateOf(scope), input.TargetGroupArn);
      const { TargetGroupArn: _, ...changes } = input;
      const merged = { ...record.input, ...withoutUndefined(changes) };
      healthSettings(merged);
      record.input = merged;
      applySettings(context, record);
      return { TargetGroups: [describe(record)] };
    },

    async DeleteTargetGroup(input: DeleteTargetGroupInput, scope) {
      const state = context.stateOf(scope);
      // As on AWS, deleting a missing target group succeeds.
      const record = state.targetGroups.get(required(input.TargetGroupArn, "TargetGroupArn"));
      if (record === undefined) return {};
      if (record.loadBalancer !== undefined) {
        throw new AwsError(
          "ResourceInUse",
          `Target group '${record.arn}' is currently in use by a listener or a rule`,
        );
      }
      state.targetGroups.delete(record.arn);
      state.tags.delete(record.arn);
      await record.group.close();
      return {};
    },

    DescribeTargetGroupAttributes(input: DescribeTargetGroupAttributesInput, scope) {
      const record = findTargetGroup(context.stateOf(scope), input.TargetGroupArn);
      return { Attributes: listAttributes(record.attributes) };
    },

    ModifyTargetGroupAttributes(input: ModifyTargetGroupAttributesInput, scope) {
      const record = findTargetGroup(context.stateOf(scope), input.TargetGroupArn);
      setAttributes(record.attributes, TARGET_GROUP_ATTRIBUTES, input.Attributes);
      applySettings(context, record);
      return { Attributes: listAttributes(record.attributes) };
    },
  };
}

function checkTargetGroup(input: CreateTargetGroupInput): string {
  refuseUnknown("elbv2:CreateTargetGroup", input, [
    ...["Name", "Protocol", "ProtocolVersion", "Port", "VpcId", "TargetType", "IpAddressType", "Tags"],
    ...HEALTH_MEMBERS,
  ]);
  oneOf(input.TargetType ?? "instance", "TargetType", ["ip"], "ip");
  oneOf(required(input.Protocol, "Protocol"), "Protocol", ["HTTP"], "HTTP");
  oneOf(input.ProtocolVersion, "ProtocolVersion", ["HTTP1"], "HTTP1");
  oneOf(input.IpAddressType, "IpAddressType", ["ipv4"], "ipv4");
  integer(input.Port, "Port", { min: 1, max: 65_535 });
  required(input.VpcId, "VpcId");
  healthSettings(input);
  return validName(input.Name, "target group");
}

function newTargetGroup(
  context: Elbv2Context,
  state: RegionState,
  name: string,
  input: CreateTargetGroupInput,
): TargetGroupRecord {
  const path = `targetgroup/${name}/${newHex()}`;
  const attributes = defaultAttributes(TARGET_GROUP_ATTRIBUTES);
  const group = new TargetGroup(groupSettings(context, path, input, attributes), {
    timers: context.cloud.timers,
    probe: context.probe,
  });
  return { arn: elbArn(state.region, path), name, path, port: Number(input.Port), input, attributes, group };
}

function applySettings(context: Elbv2Context, record: TargetGroupRecord): void {
  record.group.settings = groupSettings(context, record.path, record.input, record.attributes);
}

function groupSettings(
  context: Elbv2Context,
  dimension: string,
  input: CreateTargetGroupInput,
  attributes: Map<string, string>,
): TargetGroupSettings {
  const health = healthSettings(input);
  return {
    dimension,
    health: { ...health, intervalMs: health.intervalMs * context.healthCheckIntervalScale },
    algorithm: attributes.get("load_balancing.algorithm.type") as TargetGroupSettings["algorithm"],
    deregistrationDelayMs: Number(attributes.get("deregistration_delay.timeout_seconds")) * 1000,
    drainForFullDelay: context.drainForFullDelay,
  };
}

function withoutUndefined<Input extends object>(input: Input): Partial<Input> {
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined),
  ) as Partial<Input>;
}

function select(state: RegionState, input: DescribeTargetGroupsInput): TargetGroupRecord[] {
  const all = [...state.targetGroups.values()];
  if (input.TargetGroupArns?.length) return input.TargetGroupArns.map((arn) => findTargetGroup(state, arn));
  if (input.LoadBalancerArn !== undefined) {
    const loadBalancer = findLoadBalancer(state, input.LoadBalancerArn);
    return all.filter((record) => record.loadBalancer === loadBalancer);
  }
  if (!input.Names?.length) return all;
  return input.Names.map((name) =>
    found(
      all.find((record) => record.name === name),
      "TargetGroupNotFound",
      `Target groups '[${name}]' not found`,
    ),
  );
}

function describe(record: TargetGroupRecord): TargetGroupDescription {
  const health = healthSettings(record.input);
  return {
    TargetGroupArn: record.arn,
    TargetGroupName: record.name,
    Protocol: "HTTP",
    Port: record.port,
    VpcId: record.input.VpcId,
    HealthCheckProtocol: "HTTP",
    HealthCheckPort: health.port,
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: health.intervalMs / 1000,
    HealthCheckTimeoutSeconds: health.timeoutMs / 1000,
    HealthyThresholdCount: health.healthyThreshold,
    UnhealthyThresholdCount: health.unhealthyThreshold,
    HealthCheckPath: health.path,
    Matcher: { HttpCode: health.matcher },
    LoadBalancerArns: record.loadBalancer === undefined ? [] : [record.loadBalancer.arn],
    TargetType: "ip",
    ProtocolVersion: "HTTP1",
    IpAddressType: "ipv4",
  };
}
