/**
 * AWS Identity and Access Management.
 *
 * **Gaps**: roles and managed policies only; nothing evaluates a policy.
 * **By design**: recorded, not enforced: permissions are never checked. AWS-managed policies can be attached by ARN
 * without being created. IAM is global.
 * **Client quirks**: as on AWS, policy documents are returned percent-encoded.
 */
import { randomBytes } from "node:crypto";
import { AwsError } from "../../aws-error.ts";
import { type Action, type Cloud, found, type Service } from "../../cloud.ts";
import { managedPolicyActions, type Policies } from "./managed-policies.ts";
import { arnOf, checkDocument, type Role, type Roles, roleOf, type Tag, tagsWith } from "./role.ts";
import { rolePolicyActions } from "./role-policies.ts";

/** Creates IAM with one store for all regions. */
export function createIam(cloud: Cloud): Service {
  const roles: Roles = new Map();
  const policies: Policies = new Map();
  const now = (): Date => new Date(cloud.now());
  return {
    actions: {
      ...roleActions(roles, now),
      ...roleTagActions(roles),
      ...rolePolicyActions(roles, policies),
      ...managedPolicyActions(policies, roles, now),
    },
  };
}

interface CreateRoleRequest {
  RoleName: string;
  AssumeRolePolicyDocument: string;
  Path?: string;
  Description?: string;
  MaxSessionDuration?: number | string;
  PermissionsBoundary?: string;
  Tags?: Tag[];
}

function roleActions(roles: Roles, now: () => Date): Record<string, Action> {
  return {
    CreateRole: (input: CreateRoleRequest) => {
      if (roles.has(input.RoleName)) {
        throw new AwsError("EntityAlreadyExists", `Role with name ${input.RoleName} already exists.`, 409);
      }
      checkDocument(input.AssumeRolePolicyDocument);
      const role: Role = {
        name: input.RoleName,
        path: input.Path ?? "/",
        id: `AROA${randomBytes(8).toString("hex").toUpperCase()}`,
        arn: arnOf("role", input.Path ?? "/", input.RoleName),
        createdAt: now(),
        trust: input.AssumeRolePolicyDocument,
        description: input.Description,
        maxSessionSeconds: Number(input.MaxSessionDuration ?? 3600),
        boundary: input.PermissionsBoundary,
        tags: input.Tags ?? [],
        inline: new Map(),
        attached: new Set(),
      };
      roles.set(role.name, role);
      return { Role: describe(role) };
    },
    GetRole: (input: { RoleName: string }) => ({ Role: describe(roleOf(roles, input.RoleName)) }),
    ListRoles: (input: { PathPrefix?: string }) => ({
      Roles: [...roles.values()].filter(({ path }) => path.startsWith(input.PathPrefix ?? "/")).map(describe),
      IsTruncated: false,
    }),
    UpdateRole: (input: { RoleName: string; Description?: string; MaxSessionDuration?: number }) => {
      const role = roleOf(roles, input.RoleName);
      role.description = input.Description ?? role.description;
      role.maxSessionSeconds = Number(input.MaxSessionDuration ?? role.maxSessionSeconds);
      return {};
    },
    UpdateAssumeRolePolicy: (input: { RoleName: string; PolicyDocument: string }) => {
      checkDocument(input.PolicyDocument);
      roleOf(roles, input.RoleName).trust = input.PolicyDocument;
      return {};
    },
    PutRolePermissionsBoundary: (input: { RoleName: string; PermissionsBoundary: string }) => {
      roleOf(roles, input.RoleName).boundary = found(
        input.PermissionsBoundary,
        "InvalidInput",
        "PermissionsBoundary is missing.",
      );
      return {};
    },
    DeleteRole: (input: { RoleName: string }) => {
      const role = roleOf(roles, input.RoleName);
      if (role.inline.size > 0 || role.attached.size > 0) {
        throw new AwsError(
          "DeleteConflict",
          `Cannot delete ${role.name}: delete its inline policies and detach its managed policies first.`,
          409,
        );
      }
      roles.delete(role.name);
      return {};
    },
  };
}

function roleTagActions(roles: Roles): Record<string, Action> {
  return {
    TagRole: (input: { RoleName: string; Tags: Tag[] }) => {
      const role = roleOf(roles, input.RoleName);
      role.tags = tagsWith(role.tags, input.Tags);
      return {};
    },
    UntagRole: (input: { RoleName: string; TagKeys: string[] }) => {
      const role = roleOf(roles, input.RoleName);
      role.tags = role.tags.filter(({ Key }) => !input.TagKeys.includes(Key));
      return {};
    },
    ListRoleTags: (input: { RoleName: string }) => ({
      Tags: roleOf(roles, input.RoleName).tags,
      IsTruncated: false,
    }),
  };
}

function describe(role: Role): object {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: role.createdAt,
    AssumeRolePolicyDocument: encodeURIComponent(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    PermissionsBoundary: role.boundary && {
      PermissionsBoundaryType: "Policy",
      PermissionsBoundaryArn: role.boundary,
    },
    Tags: role.tags,
  };
}
