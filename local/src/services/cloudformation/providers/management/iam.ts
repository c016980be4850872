import { type Shape, STRINGS, TAG_LIST } from "../properties.ts";
import type { Properties, ProviderContext, Providers } from "../provider.ts";
import { changeTags } from "../tag-changes.ts";

const POLICIES: Shape = [{ PolicyDocument: "json", PolicyName: "string" }];
interface InlinePolicy {
  PolicyName: string;
  PolicyDocument: unknown;
}

/** Roles and policies. The IAM service records them but does not enforce them. */
export const iamProviders: Providers = {
  "AWS::IAM::Role": {
    properties: {
      AssumeRolePolicyDocument: "json",
      Description: "string",
      ManagedPolicyArns: STRINGS,
      MaxSessionDuration: "number",
      Path: "string",
      PermissionsBoundary: "string",
      Policies: POLICIES,
      RoleName: "string",
      Tags: TAG_LIST,
    },
    required: ["AssumeRolePolicyDocument"],
    attributes: ["Arn", "RoleId"],
    replacedBy: ["Path", "RoleName"],
    tagsProperty: "Tags",
    create: async (properties, context) => {
      const { AssumeRolePolicyDocument, ManagedPolicyArns, Policies, RoleName: given, ...rest } = properties;
      const RoleName = given ?? context.name();
      const { Role } = await context.call("iam", "CreateRole", {
        ...rest,
        RoleName,
        AssumeRolePolicyDocument: JSON.stringify(AssumeRolePolicyDocument),
      });
      context.initiated(RoleName);
      await changePolicies(RoleName, {}, { ManagedPolicyArns, Policies }, context);
      return { physicalId: RoleName, attributes: { Arn: Role.Arn, RoleId: Role.RoleId } };
    },
    update: async ({ physicalId: RoleName, properties: before }, properties, changed, context) => {
      const { AssumeRolePolicyDocument, Description, MaxSessionDuration } = properties;
      if (changed.has("AssumeRolePolicyDocument"))
        await context.call("iam", "UpdateAssumeRolePolicy", {
          RoleName,
          PolicyDocument: JSON.stringify(AssumeRolePolicyDocument),
        });
      if (changed.has("Description") || changed.has("MaxSessionDuration"))
        await context.call("iam", "UpdateRole", {
          RoleName,
          Description: Description ?? "",
          MaxSessionDuration,
        });
      if (changed.has("PermissionsBoundary"))
        await (properties.PermissionsBoundary === undefined
          ? context.call("iam", "DeleteRolePermissionsBoundary", { RoleName })
          : context.call("iam", "PutRolePermissionsBoundary", {
              RoleName,
              PermissionsBoundary: properties.PermissionsBoundary,
            }));
      await changeTags(
        before.Tags,
        properties.Tags,
        (Tags) => context.call("iam", "TagRole", { RoleName, Tags }),
        (TagKeys) => context.call("iam", "UntagRole", { RoleName, TagKeys }),
      );
      await changePolicies(RoleName, before, properties, context);
      return undefined;
    },
    delete: async ({ physicalId: RoleName, properties }, context) => {
      await changePolicies(RoleName, properties, {}, context);
      await context.call("iam", "DeleteRole", { RoleName });
    },
  },
  "AWS::IAM::Policy": {
    properties: { PolicyDocument: "json", PolicyName: "string", Roles: STRINGS },
    required: ["PolicyDocument", "PolicyName"],
    attributes: ["Id"],
    replacedBy: ["PolicyName"],
    create: async (properties, context) => {
      const id = context.name();
      context.initiated(id);
      await changeRolesOfPolicy({}, properties, context);
      return { physicalId: id, attributes: { Id: id } };
    },
    update: async ({ properties: before }, properties, _changed, context) => {
      await changeRolesOfPolicy(before, properties, context);
      return undefined;
    },
    delete: ({ properties }, context) => changeRolesOfPolicy(properties, {}, context),
  },
  "AWS::IAM::ManagedPolicy": {
    properties: {
      Description: "string",
      ManagedPolicyName: "string",
      Path: "string",
      PolicyDocument: "json",
      Roles: STRINGS,
    },
    required: ["PolicyDocument"],
    attributes: ["PolicyArn", "PolicyId"],
    replacedBy: ["Description", "ManagedPolicyName", "Path"],
    create: async ({ Description, ManagedPolicyName, Path, PolicyDocument, Roles = [] }, context) => {
      const { Policy } = await context.call("iam", "CreatePolicy", {
        PolicyName: ManagedPolicyName ?? context.name({ max: 128 }),
        Description,
        Path,
        PolicyDocument: JSON.stringify(PolicyDocument),
      });
      const { Arn, PolicyId } = Policy;
      context.initiated(Arn);
      for (const RoleName of Roles)
        await context.call("iam", "AttachRolePolicy", { RoleName, PolicyArn: Arn });
      return { physicalId: Arn, attributes: { PolicyArn: Arn, PolicyId } };
    },
    update: async ({ physicalId: PolicyArn, properties: before }, properties, changed, { call }) => {
      const { PolicyDocument, Roles = [] } = properties;
      const rolesBefore: string[] = before.Roles ?? [];
      if (changed.has("PolicyDocument"))
        await call("iam", "CreatePolicyVersion", {
          PolicyArn,
          PolicyDocument: JSON.stringify(PolicyDocument),
          SetAsDefault: true,
        });
      for (const RoleName of Roles)
        if (!rolesBefore.includes(RoleName)) await call("iam", "AttachRolePolicy", { RoleName, PolicyArn });
      for (const RoleName of rolesBefore)
        if (!Roles.includes(RoleName)) await call("iam", "DetachRolePolicy", { RoleName, PolicyArn });
      return undefined;
    },
    delete: async ({ physicalId: PolicyArn, properties: { Roles = [] } }, { call }) => {
      for (const RoleName of Roles) await call("iam", "DetachRolePolicy", { RoleName, PolicyArn });
      await call("iam", "DeletePolicy", { PolicyArn });
    },
  },
};

/** Changes a role's attached and inline policies from one template's to another's. */
async function changePolicies(
  RoleName: string,
  before: Properties,
  after: Properties,
  { call }: ProviderContext,
): Promise<void> {
  const attachedBefore: string[] = before.ManagedPolicyArns ?? [];
  const attachedAfter: string[] = after.ManagedPolicyArns ?? [];
  for (const PolicyArn of attachedAfter)
    if (!attachedBefore.includes(PolicyArn)) await call("iam", "AttachRolePolicy", { RoleName, PolicyArn });
  for (const PolicyArn of attachedBefore)
    if (!attachedAfter.includes(PolicyArn)) await call("iam", "DetachRolePolicy", { RoleName, PolicyArn });
  const inline: InlinePolicy[] = after.Policies ?? [];
  for (const { PolicyName, PolicyDocument } of inline)
    await call("iam", "PutRolePolicy", {
      RoleName,
      PolicyName,
      PolicyDocument: JSON.stringify(PolicyDocument),
    });
  for (const { PolicyName } of (before.Policies ?? []) as InlinePolicy[])
    if (!inline.some((policy) => policy.PolicyName === PolicyName))
      await call("iam", "DeleteRolePolicy", { RoleName, PolicyName });
}

async function changeRolesOfPolicy(
  before: Properties,
  after: Properties,
  { call }: ProviderContext,
): Promise<void> {
  const { PolicyDocument, PolicyName, Roles = [] } = after;
  for (const RoleName of Roles)
    await call("iam", "PutRolePolicy", {
      RoleName,
      PolicyName,
      PolicyDocument: JSON.stringify(PolicyDocument),
    });
  for (const RoleName of before.Roles ?? [])
    if (!Roles.includes(RoleName))
      await call("iam", "DeleteRolePolicy", { RoleName, PolicyName: before.PolicyName });
}
