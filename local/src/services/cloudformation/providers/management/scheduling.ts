import { type Shape, TAG_LIST } from "../properties.ts";
import type { Properties, Providers } from "../provider.ts";

const TARGET: Shape = {
  Arn: "string",
  DeadLetterConfig: { Arn: "string" },
  Input: "string",
  RetryPolicy: { MaximumEventAgeInSeconds: "number", MaximumRetryAttempts: "number" },
  RoleArn: "string",
};

export const schedulingProviders: Providers = {
  "AWS::Scheduler::Schedule": {
    properties: {
      Description: "string",
      EndDate: "string",
      FlexibleTimeWindow: { MaximumWindowInMinutes: "number", Mode: "string" },
      GroupName: "string",
      Name: "string",
      ScheduleExpression: "string",
      ScheduleExpressionTimezone: "string",
      StartDate: "string",
      State: "string",
      Target: TARGET,
    },
    required: ["FlexibleTimeWindow", "ScheduleExpression", "Target"],
    attributes: ["Arn"],
    replacedBy: ["GroupName", "Name"],
    create: async ({ Name: given, ...properties }, context) => {
      const Name = given ?? context.name();
      const { ScheduleArn } = await context.call("scheduler", "CreateSchedule", {
        ...dated(properties),
        Name,
      });
      return { physicalId: Name, attributes: { Arn: ScheduleArn } };
    },
    update: async ({ physicalId: Name }, properties, _changed, { call }) => {
      await call("scheduler", "UpdateSchedule", { ...dated(properties), Name });
      return undefined;
    },
    delete: ({ physicalId: Name, properties: { GroupName } }, { call }) =>
      call("scheduler", "DeleteSchedule", { Name, GroupName }),
  },
  "AWS::Scheduler::ScheduleGroup": {
    properties: { Name: "string", Tags: TAG_LIST },
    attributes: ["Arn"],
    replacedBy: "any",
    tagsProperty: "Tags",
    create: async ({ Name: given, Tags }, context) => {
      const Name = given ?? context.name();
      const { ScheduleGroupArn } = await context.call("scheduler", "CreateScheduleGroup", { Name, Tags });
      return { physicalId: Name, attributes: { Arn: ScheduleGroupArn } };
    },
    delete: ({ physicalId: Name }, { call }) => call("scheduler", "DeleteScheduleGroup", { Name }),
  },
};

function dated({ EndDate, StartDate, ...properties }: Properties): Properties {
  return {
    ...properties,
    EndDate: EndDate && new Date(EndDate),
    StartDate: StartDate && new Date(StartDate),
  };
}
