import { camelCase } from "../camel-case.ts";
import { TAG_LIST } from "../properties.ts";
import type { Properties, ProviderContext, Providers } from "../provider.ts";
import { changeTags } from "../tag-changes.ts";

export const ecrProviders: Providers = {
  "AWS::ECR::Repository": {
    properties: {
      EmptyOnDelete: "boolean",
      EncryptionConfiguration: { EncryptionType: "string", KmsKey: "string" },
      ImageScanningConfiguration: { ScanOnPush: "boolean" },
      ImageTagMutability: "string",
      LifecyclePolicy: { LifecyclePolicyText: "string", RegistryId: "string" },
      RepositoryName: "string",
      RepositoryPolicyText: "json",
      Tags: TAG_LIST,
    },
    attributes: ["Arn", "RepositoryUri"],
    replacedBy: ["EncryptionConfiguration", "RepositoryName"],
    tagsProperty: "Tags",
    create: async (properties, context) => {
      const { repository } = await context.call("ecr", "CreateRepository", {
        repositoryName: properties.RepositoryName ?? context.name({ max: 256, lowerCase: true }),
        encryptionConfiguration: camelCase(properties.EncryptionConfiguration),
        imageScanningConfiguration: camelCase(properties.ImageScanningConfiguration),
        imageTagMutability: properties.ImageTagMutability,
        tags: properties.Tags,
      });
      const { repositoryArn: Arn, repositoryName, repositoryUri: RepositoryUri } = repository;
      context.initiated(repositoryName);
      await putPolicies(repositoryName, properties, context);
      return { physicalId: repositoryName, attributes: { Arn, RepositoryUri } };
    },
    update: async (existing, properties, changed, context) => {
      const { attributes, physicalId: repositoryName, properties: before } = existing;
      const resourceArn = attributes.Arn as string;
      await changeTags(
        before.Tags,
        properties.Tags,
        (tags) => context.call("ecr", "TagResource", { resourceArn, tags }),
        (tagKeys) => context.call("ecr", "UntagResource", { resourceArn, tagKeys }),
      );
      const { ImageScanningConfiguration, ImageTagMutability } = properties;
      if (changed.has("ImageTagMutability"))
        await context.call("ecr", "PutImageTagMutability", {
          repositoryName,
          imageTagMutability: ImageTagMutability ?? "MUTABLE",
        });
      if (changed.has("ImageScanningConfiguration"))
        await context.call("ecr", "PutImageScanningConfiguration", {
          repositoryName,
          imageScanningConfiguration: camelCase(ImageScanningConfiguration ?? { ScanOnPush: false }),
        });
      if (changed.has("LifecyclePolicy") && properties.LifecyclePolicy === undefined)
        await context.call("ecr", "DeleteLifecyclePolicy", { repositoryName });
      if (changed.has("RepositoryPolicyText") && properties.RepositoryPolicyText === undefined)
        await context.call("ecr", "DeleteRepositoryPolicy", { repositoryName });
      await putPolicies(repositoryName, properties, context);
      return undefined;
    },
    delete: ({ physicalId: repositoryName, properties }, { call }) =>
      call("ecr", "DeleteRepository", { repositoryName, force: properties.EmptyOnDelete ?? false }),
  },
};

async function putPolicies(repositoryName: string, properties: Properties, { call }: ProviderContext) {
  const { LifecyclePolicy, RepositoryPolicyText } = properties;
  const lifecyclePolicyText = LifecyclePolicy?.LifecyclePolicyText;
  if (lifecyclePolicyText !== undefined)
    await call("ecr", "PutLifecyclePolicy", { repositoryName, lifecyclePolicyText });
  if (RepositoryPolicyText !== undefined)
    await call("ecr", "SetRepositoryPolicy", {
      repositoryName,
      policyText: jsonText(RepositoryPolicyText),
    });
}

/** Converts a policy, written as a document or as its text, to text. */
function jsonText(policy: unknown): string {
  return typeof policy === "string" ? policy : JSON.stringify(policy);
}
