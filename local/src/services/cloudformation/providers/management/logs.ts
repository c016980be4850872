import { TAG_LIST } from "../properties.ts";
import type { Providers } from "../provider.ts";
import { changeTags, tagMap } from "../tag-changes.ts";

export const logsProviders: Providers = {
  "AWS::Logs::LogGroup": {
    properties: {
      LogGroupClass: "string",
      LogGroupName: "string",
      RetentionInDays: "number",
      Tags: TAG_LIST,
    },
    attributes: ["Arn"],
    replacedBy: ["LogGroupName", "LogGroupClass"],
    tagsProperty: "Tags",
    create: async ({ LogGroupClass, LogGroupName, RetentionInDays, Tags }, context) => {
      const logGroupName = LogGroupName ?? context.name({ max: 512 });
      await context.call("logs", "CreateLogGroup", {
        logGroupName,
        logGroupClass: LogGroupClass,
        tags: tagMap(Tags),
      });
      context.initiated(logGroupName);
      if (RetentionInDays !== undefined)
        await context.call("logs", "PutRetentionPolicy", { logGroupName, retentionInDays: RetentionInDays });
      const arn = `arn:aws:logs:${context.region}:${context.account}:log-group:${logGroupName}`;
      return { physicalId: logGroupName, attributes: { Arn: `${arn}:*` } };
    },
    update: async ({ physicalId: logGroupName, properties: before }, properties, changed, context) => {
      const { RetentionInDays: retentionInDays, Tags } = properties;
      if (changed.has("RetentionInDays"))
        await (retentionInDays === undefined
          ? context.call("logs", "DeleteRetentionPolicy", { logGroupName })
          : context.call("logs", "PutRetentionPolicy", { logGroupName, retentionInDays }));
      const resourceArn = `arn:aws:logs:${context.region}:${context.account}:log-group:${logGroupName}`;
      await changeTags(
        before.Tags,
        Tags,
        (set) => context.call("logs", "TagResource", { resourceArn, tags: tagMap(set) }),
        (tagKeys) => context.call("logs", "UntagResource", { resourceArn, tagKeys }),
      );
      return undefined;
    },
    delete: ({ physicalId: logGroupName }, { call }) => call("logs", "DeleteLogGroup", { logGroupName }),
  },
};
