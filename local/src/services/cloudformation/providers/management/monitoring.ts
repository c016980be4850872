import { type Shape, STRINGS, TAG_LIST } from "../properties.ts";
import type { Providers } from "../provider.ts";
import { changeTags } from "../tag-changes.ts";

const DIMENSIONS: Shape = [{ Name: "string", Value: "string" }];
const METRICS: Shape = [
  {
    AccountId: "string",
    Expression: "string",
    Id: "string",
    Label: "string",
    MetricStat: {
      Metric: { Dimensions: DIMENSIONS, MetricName: "string", Namespace: "string" },
      Period: "number",
      Stat: "string",
      Unit: "string",
    },
    Period: "number",
    ReturnData: "boolean",
  },
];

/** Alarms. CloudWatch records them but never evaluates them. */
export const monitoringProviders: Providers = {
  "AWS::CloudWatch::Alarm": {
    properties: {
      ActionsEnabled: "boolean",
      AlarmActions: STRINGS,
      AlarmDescription: "string",
      AlarmName: "string",
      ComparisonOperator: "string",
      DatapointsToAlarm: "number",
      Dimensions: DIMENSIONS,
      EvaluateLowSampleCountPercentile: "string",
      EvaluationPeriods: "number",
      ExtendedStatistic: "string",
      InsufficientDataActions: STRINGS,
      MetricName: "string",
      Metrics: METRICS,
      Namespace: "string",
      OKActions: STRINGS,
      Period: "number",
      Statistic: "string",
      Tags: TAG_LIST,
      Threshold: "number",
      ThresholdMetricId: "string",
      TreatMissingData: "string",
      Unit: "string",
    },
    required: ["ComparisonOperator", "EvaluationPeriods"],
    attributes: ["Arn"],
    replacedBy: ["AlarmName"],
    tagsProperty: "Tags",
    create: async ({ AlarmName: given, ...properties }, context) => {
      const AlarmName = given ?? context.name({ max: 255 });
      await context.call("monitoring", "PutMetricAlarm", { ...properties, AlarmName });
      const Arn = `arn:aws:cloudwatch:${context.region}:${context.account}:alarm:${AlarmName}`;
      return { physicalId: AlarmName, attributes: { Arn } };
    },
    update: async (
      { physicalId: AlarmName, properties: before, attributes },
      properties,
      changed,
      { call },
    ) => {
      const { Tags, ...alarm } = properties;
      const ResourceARN = attributes.Arn;
      await changeTags(
        before.Tags,
        Tags,
        (set) => call("monitoring", "TagResource", { ResourceARN, Tags: set }),
        (TagKeys) => call("monitoring", "UntagResource", { ResourceARN, TagKeys }),
      );
      if ([...changed].some((name) => name !== "Tags"))
        await call("monitoring", "PutMetricAlarm", { ...alarm, AlarmName });
      return undefined;
    },
    delete: ({ physicalId }, { call }) => call("monitoring", "DeleteAlarms", { AlarmNames: [physicalId] }),
  },
};
