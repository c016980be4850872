import { AwsError } from "../../../../aws-error.ts";
import { TAG_LIST, TAG_MAP } from "../properties.ts";
import type { Properties, ProviderContext, Providers } from "../provider.ts";
import { changeTags } from "../tag-changes.ts";

/** Parameters and secrets. */
export const valueProviders: Providers = {
  "AWS::SSM::Parameter": {
    properties: {
      AllowedPattern: "string",
      DataType: "string",
      Description: "string",
      Name: "string",
      Tags: TAG_MAP,
      Tier: "string",
      Type: "string",
      Value: "string",
    },
    required: ["Type", "Value"],
    attributes: ["Type", "Value"],
    replacedBy: ["Name", "Type", "DataType"],
    tagsProperty: "Tags",
    tagsForm: "map",
    create: async ({ Name: given, Tags, ...properties }, context) => {
      const Name = given ?? `CFN-${context.name()}`;
      await context.call("ssm", "PutParameter", { ...properties, Name, Tags: tagList(Tags) });
      return { physicalId: Name, attributes: { Type: properties.Type, Value: properties.Value } };
    },
    update: async ({ physicalId: Name, properties: before }, { Tags, ...properties }, changed, context) => {
      // A change of tags alone does not write the value, which another client may have changed since.
      if ([...changed].some((name) => name !== "Tags"))
        await context.call("ssm", "PutParameter", { ...properties, Name, Overwrite: true });
      await changeParameterTags(Name, before.Tags, Tags, context);
      return { attributes: { Type: properties.Type, Value: properties.Value } };
    },
    delete: ({ physicalId: Name }, { call }) => call("ssm", "DeleteParameter", { Name }),
  },
  "AWS::SecretsManager::Secret": {
    properties: {
      Description: "string",
      GenerateSecretString: {
        ExcludeCharacters: "string",
        ExcludeLowercase: "boolean",
        ExcludeNumbers: "boolean",
        ExcludePunctuation: "boolean",
        ExcludeUppercase: "boolean",
        GenerateStringKey: "string",
        IncludeSpace: "boolean",
        PasswordLength: "number",
        RequireEachIncludedType: "boolean",
        SecretStringTemplate: "string",
      },
      Name: "string",
      SecretString: "string",
      Tags: TAG_LIST,
    },
    attributes: ["Id"],
    replacedBy: ["Name"],
    tagsProperty: "Tags",
    create: async ({ GenerateSecretString, Name, SecretString, ...properties }, context) => {
      const { ARN } = await context.call("secretsmanager", "CreateSecret", {
        ...properties,
        Name: Name ?? context.name({ max: 255 }),
        SecretString: await secretText(GenerateSecretString, SecretString, context),
      });
      return { physicalId: ARN, attributes: { Id: ARN } };
    },
    update: async ({ physicalId: SecretId, properties: before }, properties, changed, context) => {
      const { Description, GenerateSecretString, SecretString, Tags } = properties;
      if (changed.has("Description"))
        await context.call("secretsmanager", "UpdateSecret", { SecretId, Description: Description ?? "" });
      if (changed.has("GenerateSecretString") || changed.has("SecretString"))
        await context.call("secretsmanager", "PutSecretValue", {
          SecretId,
          SecretString: await secretText(GenerateSecretString, SecretString, context),
        });
      await changeTags(
        before.Tags,
        Tags,
        (set) => context.call("secretsmanager", "TagResource", { SecretId, Tags: set }),
        (TagKeys) => context.call("secretsmanager", "UntagResource", { SecretId, TagKeys }),
      );
      return undefined;
    },
    delete: ({ physicalId: SecretId }, { call }) =>
      call("secretsmanager", "DeleteSecret", { SecretId, ForceDeleteWithoutRecovery: true }),
  },
};

async function secretText(
  generate: Properties | undefined,
  given: string | undefined,
  { call }: ProviderContext,
): Promise<string> {
  if (generate !== undefined && given !== undefined)
    throw new AwsError(
      "ValidationError",
      "A secret has either SecretString or GenerateSecretString, not both.",
    );
  if (given !== undefined) return given;
  const { GenerateStringKey: key, SecretStringTemplate: template, ...rules } = generate ?? {};
  const { RandomPassword: password } = await call("secretsmanager", "GetRandomPassword", rules);
  if ((key === undefined) !== (template === undefined))
    throw new AwsError(
      "ValidationError",
      "GenerateStringKey and SecretStringTemplate must be specified together.",
    );
  return key === undefined ? password : JSON.stringify({ ...JSON.parse(template), [key]: password });
}

function changeParameterTags(
  ResourceId: string,
  before: Record<string, string> | undefined,
  after: Record<string, string> | undefined,
  { call }: ProviderContext,
): Promise<void> {
  const resource = { ResourceType: "Parameter", ResourceId };
  return changeTags(
    tagList(before),
    tagList(after),
    (Tags) => call("ssm", "AddTagsToResource", { ...resource, Tags }),
    (TagKeys) => call("ssm", "RemoveTagsFromResource", { ...resource, TagKeys }),
  );
}

function tagList(tags: Record<string, string> | undefined): { Key: string; Value: string }[] | undefined {
  return tags && Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
