import { pick, TAG_LIST } from "../properties.ts";
import type { Providers } from "../provider.ts";
import { changeElbTags } from "./elbv2-load-balancer.ts";
import { ACTIONS, ATTRIBUTES, CONDITIONS, fullName } from "./elbv2-shapes.ts";

const HEALTH_CHECK = [
  "HealthCheckEnabled",
  "HealthCheckIntervalSeconds",
  "HealthCheckPath",
  "HealthCheckPort",
  "HealthCheckProtocol",
  "HealthCheckTimeoutSeconds",
  "HealthyThresholdCount",
  "Matcher",
  "UnhealthyThresholdCount",
];

/** Target groups and listener rules. */
export const routingProviders: Providers = {
  "AWS::ElasticLoadBalancingV2::TargetGroup": {
    properties: {
      HealthCheckEnabled: "boolean",
      HealthCheckIntervalSeconds: "number",
      HealthCheckPath: "string",
      HealthCheckPort: "string",
      HealthCheckProtocol: "string",
      HealthCheckTimeoutSeconds: "number",
      HealthyThresholdCount: "number",
      IpAddressType: "string",
      Matcher: { HttpCode: "string" },
      Name: "string",
      Port: "number",
      Protocol: "string",
      ProtocolVersion: "string",
      Tags: TAG_LIST,
      TargetGroupAttributes: ATTRIBUTES,
      TargetType: "string",
      Targets: [{ AvailabilityZone: "string", Id: "string", Port: "number" }],
      UnhealthyThresholdCount: "number",
      VpcId: "string",
    },
    attributes: ["LoadBalancerArns", "TargetGroupArn", "TargetGroupFullName", "TargetGroupName"],
    replacedBy: ["IpAddressType", "Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId"],
    tagsProperty: "Tags",
    create: async ({ Name, TargetGroupAttributes: Attributes, Targets, ...properties }, context) => {
      const { TargetGroups } = await context.call("elbv2", "CreateTargetGroup", {
        ...properties,
        Name: Name ?? context.name({ max: 32 }),
      });
      const { TargetGroupArn, TargetGroupName, LoadBalancerArns } = TargetGroups[0];
      context.initiated(TargetGroupArn);
      if (Attributes?.length)
        await context.call("elbv2", "ModifyTargetGroupAttributes", { TargetGroupArn, Attributes });
      if (Targets?.length) await context.call("elbv2", "RegisterTargets", { TargetGroupArn, Targets });
      const TargetGroupFullName = `targetgroup/${fullName(TargetGroupArn, "targetgroup/")}`;
      return {
        physicalId: TargetGroupArn,
        attributes: {
          LoadBalancerArns: LoadBalancerArns ?? [],
          TargetGroupArn,
          TargetGroupFullName,
          TargetGroupName,
        },
      };
    },
    update: async ({ physicalId: TargetGroupArn, properties: before }, properties, changed, context) => {
      if (HEALTH_CHECK.some((name) => changed.has(name)))
        await context.call("elbv2", "ModifyTargetGroup", {
          TargetGroupArn,
          ...pick(properties, HEALTH_CHECK),
        });
      if (changed.has("TargetGroupAttributes") && properties.TargetGroupAttributes?.length)
        await context.call("elbv2", "ModifyTargetGroupAttributes", {
          TargetGroupArn,
          Attributes: properties.TargetGroupAttributes,
        });
      if (changed.has("Targets")) {
        if (before.Targets?.length)
          await context.call("elbv2", "DeregisterTargets", { TargetGroupArn, Targets: before.Targets });
        if (properties.Targets?.length)
          await context.call("elbv2", "RegisterTargets", { TargetGroupArn, Targets: properties.Targets });
      }
      await changeElbTags(TargetGroupArn, before.Tags, properties.Tags, context);
      return undefined;
    },
    delete: ({ physicalId: TargetGroupArn }, { call }) =>
      call("elbv2", "DeleteTargetGroup", { TargetGroupArn }),
  },
  "AWS::ElasticLoadBalancingV2::ListenerRule": {
    properties: {
      Actions: ACTIONS,
      Conditions: CONDITIONS,
      ListenerArn: "string",
      Priority: "number",
      Tags: TAG_LIST,
    },
    required: ["Actions", "Conditions", "ListenerArn", "Priority"],
    attributes: ["IsDefault", "RuleArn"],
    replacedBy: ["ListenerArn"],
    tagsProperty: "Tags",
    create: async (properties, context) => {
      const { Rules } = await context.call("elbv2", "CreateRule", properties);
      const { RuleArn } = Rules[0];
      return { physicalId: RuleArn, attributes: { RuleArn, IsDefault: "false" } };
    },
    update: async ({ physicalId: RuleArn, properties: before }, properties, changed, context) => {
      const { Actions, Conditions, Priority, Tags } = properties;
      if (changed.has("Actions") || changed.has("Conditions"))
        await context.call("elbv2", "ModifyRule", { RuleArn, Actions, Conditions });
      if (changed.has("Priority"))
        await context.call("elbv2", "SetRulePriorities", { RulePriorities: [{ RuleArn, Priority }] });
      await changeElbTags(RuleArn, before.Tags, Tags, context);
      return undefined;
    },
    delete: ({ physicalId: RuleArn }, { call }) => call("elbv2", "DeleteRule", { RuleArn }),
  },
};
