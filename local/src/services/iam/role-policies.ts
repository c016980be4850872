import { AwsError } from "../../aws-error.ts";
import type { Action } from "../../cloud.ts";
import type { Policies } from "./managed-policies.ts";
import { checkDocument, type Roles, roleOf } from "./role.ts";

interface Named {
  RoleName: string;
  PolicyName: string;
}

interface Attachment {
  RoleName: string;
  PolicyArn: string;
}

/** Inline and attached policies of a role. */
export function rolePolicyActions(roles: Roles, policies: Policies): Record<string, Action> {
  return {
    PutRolePolicy: (input: Named & { PolicyDocument: string }) => {
      checkDocument(input.PolicyDocument);
      roleOf(roles, input.RoleName).inline.set(input.PolicyName, input.PolicyDocument);
      return {};
    },
    GetRolePolicy: (input: Named) => {
      const document = roleOf(roles, input.RoleName).inline.get(input.PolicyName);
      if (document === undefined) throw noSuchPolicy(input.PolicyName);
      return {
        RoleName: input.RoleName,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeURIComponent(document),
      };
    },
    DeleteRolePolicy: (input: Named) => {
      if (!roleOf(roles, input.RoleName).inline.delete(input.PolicyName))
        throw noSuchPolicy(input.PolicyName);
      return {};
    },
    ListRolePolicies: (input: { RoleName: string }) => ({
      PolicyNames: [...roleOf(roles, input.RoleName).inline.keys()],
      IsTruncated: false,
    }),
    AttachRolePolicy: (input: Attachment) => {
      const isOfAws = input.PolicyArn.startsWith("arn:aws:iam::aws:policy/");
      if (!isOfAws && !policies.has(input.PolicyArn)) throw noSuchPolicy(input.PolicyArn);
      roleOf(roles, input.RoleName).attached.add(input.PolicyArn);
      return {};
    },
    DetachRolePolicy: (input: Attachment) => {
      if (!roleOf(roles, input.RoleName).attached.delete(input.PolicyArn))
        throw noSuchPolicy(input.PolicyArn);
      return {};
    },
    ListAttachedRolePolicies: (input: { RoleName: string }) => ({
      AttachedPolicies: [...roleOf(roles, input.RoleName).attached].map((arn) => ({
        PolicyArn: arn,
        PolicyName: arn.slice(arn.lastIndexOf("/") + 1),
      })),
      IsTruncated: false,
    }),
  };
}

function noSuchPolicy(name: string): AwsError {
  return new AwsError("NoSuchEntity", `The policy ${name} does not exist or is not attached.`, 404);
}
