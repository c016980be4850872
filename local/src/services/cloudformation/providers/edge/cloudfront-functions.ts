import { TAG_LIST } from "../properties.ts";
import type { Properties, ProviderContext, Providers } from "../provider.ts";
import { changeCloudFrontTags } from "../tag-changes.ts";
import { quantityList } from "./quantity-list.ts";

/** Functions and KeyValueStores. The keys of a store are not managed here. */
export const cloudFrontFunctionProviders: Providers = {
  "AWS::CloudFront::Function": {
    properties: {
      AutoPublish: "boolean",
      FunctionCode: "string",
      FunctionConfig: {
        Comment: "string",
        KeyValueStoreAssociations: [{ KeyValueStoreARN: "string" }],
        Runtime: "string",
      },
      FunctionMetadata: { FunctionARN: "string" },
      Name: "string",
      Tags: TAG_LIST,
    },
    required: ["FunctionCode", "FunctionConfig", "Name"],
    attributes: ["FunctionARN", "FunctionMetadata.FunctionARN", "Stage"],
    replacedBy: ["Name"],
    tagsProperty: "Tags",
    create: async (properties, context) => {
      const { Name, Tags } = properties;
      const { ETag, FunctionSummary } = await context.call("cloudfront", "CreateFunction", {
        Name,
        ...apiFunction(properties),
        Tags: Tags?.length ? { Items: Tags } : undefined,
      });
      const arn = FunctionSummary.FunctionMetadata.FunctionARN;
      context.initiated(arn);
      const Stage = await publish(Name, ETag, properties, context);
      return {
        physicalId: arn,
        attributes: { FunctionARN: arn, "FunctionMetadata.FunctionARN": arn, Stage },
      };
    },
    update: async ({ physicalId, properties: before }, properties, changed, context) => {
      const { Name } = properties;
      await changeCloudFrontTags(physicalId, before.Tags, properties.Tags, context);
      const { ETag: IfMatch } = await context.call("cloudfront", "DescribeFunction", { Name });
      const isNew = changed.has("FunctionCode") || changed.has("FunctionConfig");
      const { ETag } = isNew
        ? await context.call("cloudfront", "UpdateFunction", { Name, IfMatch, ...apiFunction(properties) })
        : { ETag: IfMatch };
      return { attributes: { Stage: await publish(Name, ETag, properties, context) } };
    },
    delete: async ({ properties: { Name } }, { call }) => {
      const { ETag: IfMatch } = await call("cloudfront", "DescribeFunction", { Name });
      await call("cloudfront", "DeleteFunction", { Name, IfMatch });
    },
  },
  "AWS::CloudFront::KeyValueStore": {
    properties: { Comment: "string", Name: "string", Tags: TAG_LIST },
    required: ["Name"],
    attributes: ["Arn", "Id", "Status"],
    replacedBy: ["Name"],
    tagsProperty: "Tags",
    create: async ({ Comment, Name, Tags }, context) => {
      await context.call("cloudfront", "CreateKeyValueStore", {
        Name,
        Comment,
        Tags: Tags?.length ? { Items: Tags } : undefined,
      });
      context.initiated(Name);
      const store = await context.waitUntil(`KeyValueStore ${Name} to be ready`, async () => {
        const { KeyValueStore } = await context.call("cloudfront", "DescribeKeyValueStore", { Name });
        return KeyValueStore.Status === "READY" ? KeyValueStore : undefined;
      });
      return { physicalId: Name, attributes: { Arn: store.ARN, Id: store.Id, Status: store.Status } };
    },
    update: async (existing, { Comment, Tags }, changed, context) => {
      const { attributes, physicalId: Name, properties: before } = existing;
      await changeCloudFrontTags(attributes.Arn as string, before.Tags, Tags, context);
      if (!changed.has("Comment")) return undefined;
      const { ETag: IfMatch } = await context.call("cloudfront", "DescribeKeyValueStore", { Name });
      await context.call("cloudfront", "UpdateKeyValueStore", { Name, IfMatch, Comment: Comment ?? "" });
      return undefined;
    },
    delete: async ({ physicalId: Name }, { call }) => {
      const { ETag: IfMatch } = await call("cloudfront", "DescribeKeyValueStore", { Name });
      await call("cloudfront", "DeleteKeyValueStore", { Name, IfMatch });
    },
  },
};

function apiFunction({ FunctionCode, FunctionConfig }: Properties) {
  const { KeyValueStoreAssociations, ...config } = FunctionConfig;
  return {
    FunctionCode: new TextEncoder().encode(FunctionCode),
    FunctionConfig: { ...config, KeyValueStoreAssociations: quantityList(KeyValueStoreAssociations) },
  };
}

/** Publishes a function if the template asks for it. Distributions run only the published stage. */
async function publish(
  Name: string,
  IfMatch: string,
  { AutoPublish }: Properties,
  { call }: ProviderContext,
): Promise<"LIVE" | "DEVELOPMENT"> {
  if (!AutoPublish) return "DEVELOPMENT";
  await call("cloudfront", "PublishFunction", { Name, IfMatch });
  return "LIVE";
}
