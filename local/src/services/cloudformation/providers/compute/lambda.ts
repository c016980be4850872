import { strToU8, zipSync } from "fflate";
import { mapOf, pick, type Shape, STRINGS, TAG_LIST } from "../properties.ts";
import type { Properties, ProviderContext, Providers } from "../provider.ts";
import { changeTags, tagMap } from "../tag-changes.ts";

const CONFIGURATION = [
  "DeadLetterConfig",
  "Description",
  "Environment",
  "EphemeralStorage",
  "Handler",
  "KmsKeyArn",
  "Layers",
  "LoggingConfig",
  "MemorySize",
  "Role",
  "Runtime",
  "Timeout",
  "TracingConfig",
] as const;
const PROPERTIES: Record<string, Shape> = {
  Architectures: STRINGS,
  Code: {
    S3Bucket: "string",
    S3Key: "string",
    S3ObjectVersion: "string",
    ZipFile: "string",
  },
  DeadLetterConfig: { TargetArn: "string" },
  Description: "string",
  Environment: { Variables: mapOf("string") },
  EphemeralStorage: { Size: "number" },
  FunctionName: "string",
  Handler: "string",
  KmsKeyArn: "string",
  Layers: STRINGS,
  LoggingConfig: {
    ApplicationLogLevel: "string",
    LogFormat: "string",
    LogGroup: "string",
    SystemLogLevel: "string",
  },
  MemorySize: "number",
  PackageType: "string",
  RecursiveLoop: "string",
  ReservedConcurrentExecutions: "number",
  Role: "string",
  Runtime: "string",
  Tags: TAG_LIST,
  Timeout: "number",
  TracingConfig: { Mode: "string" },
};

export const lambdaProviders: Providers = {
  "AWS::Lambda::Function": {
    properties: PROPERTIES,
    required: ["Code", "Role"],
    attributes: ["Arn"],
    replacedBy: ["FunctionName", "PackageType"],
    tagsProperty: "Tags",
    create: async (properties, context) => {
      const {
        Architectures,
        FunctionName: given,
        PackageType,
        ReservedConcurrentExecutions,
        Tags,
      } = properties;
      const FunctionName = given ?? context.name();
      const { FunctionArn } = await context.call("lambda", "CreateFunction", {
        ...pick(properties, CONFIGURATION),
        Architectures,
        Code: code(properties),
        FunctionName,
        PackageType,
        Tags: tagMap(Tags),
      });
      context.initiated(FunctionName, { Arn: FunctionArn });
      await waitUntilReady(FunctionName, context);
      if (ReservedConcurrentExecutions !== undefined)
        await context.call("lambda", "PutFunctionConcurrency", {
          FunctionName,
          ReservedConcurrentExecutions,
        });
      return { physicalId: FunctionName, attributes: { Arn: FunctionArn } };
    },
    update: async (
      { physicalId: FunctionName, properties: before, attributes },
      properties,
      changed,
      context,
    ) => {
      const { Architectures, ReservedConcurrentExecutions, Tags } = properties;
      if (changed.has("Code") || changed.has("Architectures")) {
        await context.call("lambda", "UpdateFunctionCode", {
          FunctionName,
          Architectures,
          ...code(properties),
        });
        await waitUntilReady(FunctionName, context);
      }
      if (CONFIGURATION.some((name) => changed.has(name))) {
        const input = { FunctionName, ...cleared(changed), ...pick(properties, CONFIGURATION) };
        await context.call("lambda", "UpdateFunctionConfiguration", input);
        await waitUntilReady(FunctionName, context);
      }
      if (changed.has("ReservedConcurrentExecutions"))
        await (ReservedConcurrentExecutions === undefined
          ? context.call("lambda", "DeleteFunctionConcurrency", { FunctionName })
          : context.call("lambda", "PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions }));
      const Resource = attributes.Arn as string;
      await changeTags(
        before.Tags,
        Tags,
        (set) => context.call("lambda", "TagResource", { Resource, Tags: tagMap(set) }),
        (TagKeys) => context.call("lambda", "UntagResource", { Resource, TagKeys }),
      );
      return undefined;
    },
    delete: ({ physicalId: FunctionName }, { call }) => call("lambda", "DeleteFunction", { FunctionName }),
  },
  "AWS::Lambda::Version": {
    properties: { CodeSha256: "string", Description: "string", FunctionName: "string" },
    required: ["FunctionName"],
    attributes: ["FunctionArn", "Version"],
    replacedBy: "any",
    create: async (properties, { call }) => {
      const { FunctionArn, Version } = await call("lambda", "PublishVersion", properties);
      return { physicalId: FunctionArn, attributes: { FunctionArn, Version } };
    },
    delete: ({ properties: { FunctionName }, attributes: { Version: Qualifier } }, { call }) =>
      call("lambda", "DeleteFunction", { FunctionName, Qualifier }),
  },
  "AWS::Lambda::Permission": {
    properties: {
      Action: "string",
      EventSourceToken: "string",
      FunctionName: "string",
      FunctionUrlAuthType: "string",
      Principal: "string",
      PrincipalOrgID: "string",
      SourceAccount: "string",
      SourceArn: "string",
    },
    required: ["Action", "FunctionName", "Principal"],
    attributes: ["Id"],
    replacedBy: "any",
    create: async (properties, context) => {
      const StatementId = context.name({ max: 100 });
      await context.call("lambda", "AddPermission", { ...properties, StatementId });
      return { physicalId: StatementId, attributes: { Id: StatementId } };
    },
    delete: ({ physicalId: StatementId, properties: { FunctionName } }, { call }) =>
      call("lambda", "RemovePermission", { FunctionName, StatementId }),
  },
  "AWS::Lambda::EventInvokeConfig": {
    properties: {
      DestinationConfig: { OnFailure: { Destination: "string" }, OnSuccess: { Destination: "string" } },
      FunctionName: "string",
      MaximumEventAgeInSeconds: "number",
      MaximumRetryAttempts: "number",
      Qualifier: "string",
    },
    required: ["FunctionName", "Qualifier"],
    attributes: [],
    replacedBy: ["FunctionName", "Qualifier"],
    create: async (properties, { call }) => {
      await call("lambda", "PutFunctionEventInvokeConfig", properties);
      return { physicalId: `${properties.FunctionName}|${properties.Qualifier}` };
    },
    update: async (_existing, properties, _changed, { call }) => {
      await call("lambda", "PutFunctionEventInvokeConfig", properties);
      return undefined;
    },
    delete: ({ properties: { FunctionName, Qualifier } }, { call }) =>
      call("lambda", "DeleteFunctionEventInvokeConfig", { FunctionName, Qualifier }),
  },
};

/** Packs inline code, the text of one file, as CloudFormation does. */
function code({ Code, Runtime }: Properties): Properties {
  const { ZipFile, ...onS3 } = Code;
  if (ZipFile === undefined) return onS3;
  const file = Runtime?.startsWith("python") ? "index.py" : "index.js";
  return { ZipFile: zipSync({ [file]: strToU8(ZipFile) }) };
}

/** Returns the service's defaults for properties that the template no longer contains. */
function cleared(changed: ReadonlySet<string>): Properties {
  const empty: Properties = {
    Description: "",
    Environment: { Variables: {} },
    Timeout: 3,
    MemorySize: 128,
    Layers: [],
  };
  return pick(empty, [...changed]);
}

async function waitUntilReady(FunctionName: string, { call, waitUntil }: ProviderContext): Promise<void> {
  await waitUntil(`function ${FunctionName} to be ready`, async () => {
    const { Configuration } = await call("lambda", "GetFunction", { FunctionName });
    const { LastUpdateStatus = "Successful", State = "Active" } = Configuration;
    return State === "Active" && LastUpdateStatus === "Successful" ? true : undefined;
  });
}
