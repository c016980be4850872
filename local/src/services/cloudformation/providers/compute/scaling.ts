import { pick, type Shape } from "../properties.ts";
import type { Properties, Providers } from "../provider.ts";

const TARGET_TRACKING: Shape = {
  CustomizedMetricSpecification: {
    Dimensions: [{ Name: "string", Value: "string" }],
    MetricName: "string",
    Namespace: "string",
    Statistic: "string",
    Unit: "string",
  },
  DisableScaleIn: "boolean",
  PredefinedMetricSpecification: { PredefinedMetricType: "string", ResourceLabel: "string" },
  ScaleInCooldown: "number",
  ScaleOutCooldown: "number",
  TargetValue: "number",
};
const STEP_SCALING: Shape = {
  AdjustmentType: "string",
  Cooldown: "number",
  MetricAggregationType: "string",
  MinAdjustmentMagnitude: "number",
  StepAdjustments: [
    {
      MetricIntervalLowerBound: "number",
      MetricIntervalUpperBound: "number",
      ScalingAdjustment: "number",
    },
  ],
};
const IDENTITY = ["ResourceId", "ScalableDimension", "ServiceNamespace"] as const;

/** Scaling of services. Application Auto Scaling records it but never scales. */
export const scalingProviders: Providers = {
  "AWS::ApplicationAutoScaling::ScalableTarget": {
    properties: {
      MaxCapacity: "number",
      MinCapacity: "number",
      ResourceId: "string",
      RoleARN: "string",
      ScalableDimension: "string",
      ServiceNamespace: "string",
      SuspendedState: {
        DynamicScalingInSuspended: "boolean",
        DynamicScalingOutSuspended: "boolean",
        ScheduledScalingSuspended: "boolean",
      },
    },
    required: [...IDENTITY, "MaxCapacity", "MinCapacity"],
    attributes: ["Id"],
    replacedBy: IDENTITY,
    create: async (properties, { call }) => {
      await call("application-autoscaling", "RegisterScalableTarget", properties);
      const id = targetId(properties);
      return { physicalId: id, attributes: { Id: id } };
    },
    update: async (_existing, properties, _changed, { call }) => {
      await call("application-autoscaling", "RegisterScalableTarget", properties);
      return undefined;
    },
    delete: ({ properties }, { call }) =>
      call("application-autoscaling", "DeregisterScalableTarget", pick(properties, IDENTITY)),
  },
  "AWS::ApplicationAutoScaling::ScalingPolicy": {
    properties: {
      PolicyName: "string",
      PolicyType: "string",
      ResourceId: "string",
      ScalableDimension: "string",
      ScalingTargetId: "string",
      ServiceNamespace: "string",
      StepScalingPolicyConfiguration: STEP_SCALING,
      TargetTrackingScalingPolicyConfiguration: TARGET_TRACKING,
    },
    required: ["PolicyName", "PolicyType"],
    attributes: ["Arn", "PolicyName"],
    replacedBy: [...IDENTITY, "PolicyName", "ScalingTargetId"],
    create: async (properties, { call }) => {
      const { PolicyName } = properties;
      const { PolicyARN } = await call(
        "application-autoscaling",
        "PutScalingPolicy",
        policyInput(properties),
      );
      return { physicalId: PolicyARN, attributes: { Arn: PolicyARN, PolicyName } };
    },
    update: async (_existing, properties, _changed, { call }) => {
      await call("application-autoscaling", "PutScalingPolicy", policyInput(properties));
      return undefined;
    },
    delete: ({ properties }, { call }) => {
      const input = pick(policyInput(properties), [...IDENTITY, "PolicyName"]);
      return call("application-autoscaling", "DeleteScalingPolicy", input);
    },
  },
};

function targetId({ ResourceId, ScalableDimension, ServiceNamespace }: Properties): string {
  return `${ResourceId}|${ScalableDimension}|${ServiceNamespace}`;
}

/** Converts the target's id to its three parts; a policy may contain either. */
function policyInput({ ScalingTargetId, ...properties }: Properties): Properties {
  if (ScalingTargetId === undefined) return properties;
  const [ResourceId, ScalableDimension, ServiceNamespace] = ScalingTargetId.split("|");
  return { ...properties, ResourceId, ScalableDimension, ServiceNamespace };
}
