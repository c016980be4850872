import { randomBytes } from "node:crypto";
import { AwsError } from "../../aws-error.ts";
import type { Action } from "../../cloud.ts";
import { arnOf, checkDocument, type Roles, type Tag } from "./role.ts";

interface ManagedPolicy {
  arn: string;
  name: string;
  path: string;
  id: string;
  createdAt: Date;
  description: string | undefined;
  /** The document of the default version; older versions are not stored. */
  document: string;
  version: number;
  tags: Tag[];
}

/** By ARN. */
export type Policies = Map<string, ManagedPolicy>;

interface CreatePolicyRequest {
  PolicyName: string;
  PolicyDocument: string;
  Path?: string;
  Description?: string;
  Tags?: Tag[];
}

/** Managed policies, which roles attach. */
export function managedPolicyActions(
  policies: Policies,
  roles: Roles,
  now: () => Date,
): Record<string, Action> {
  return {
    CreatePolicy: (input: CreatePolicyRequest) => {
      const arn = arnOf("policy", input.Path ?? "/", input.PolicyName);
      if (policies.has(arn))
        throw new AwsError("EntityAlreadyExists", `A policy called ${input.PolicyName} already exists.`, 409);
      checkDocument(input.PolicyDocument);
      const policy: ManagedPolicy = {
        arn,
        name: input.PolicyName,
        path: input.Path ?? "/",
        id: `ANPA${randomBytes(8).toString("hex").toUpperCase()}`,
        createdAt: now(),
        description: input.Description,
        document: input.PolicyDocument,
        version: 1,
        tags: input.Tags ?? [],
      };
      policies.set(arn, policy);
      return { Policy: describe(policy) };
    },
    GetPolicy: (input: { PolicyArn: string }) => ({ Policy: describe(policyOf(policies, input.PolicyArn)) }),
    GetPolicyVersion: (input: { PolicyArn: string; VersionId: string }) => {
      const policy = policyOf(policies, input.PolicyArn);
      if (input.VersionId !== `v${policy.version}`)
        throw new AwsError(
          "NoSuchEntity",
          `Policy version ${input.VersionId} does not exist: only the default version is stored.`,
          404,
        );
      return {
        PolicyVersion: {
          VersionId: input.VersionId,
          IsDefaultVersion: true,
          Document: encodeURIComponent(policy.document),
        },
      };
    },
    CreatePolicyVersion: (input: { PolicyArn: string; PolicyDocument: string }) => {
      checkDocument(input.PolicyDocument);
      const policy = policyOf(policies, input.PolicyArn);
      policy.document = input.PolicyDocument;
      policy.version += 1;
      return { PolicyVersion: { VersionId: `v${policy.version}`, IsDefaultVersion: true } };
    },
    DeletePolicy: (input: { PolicyArn: string }) => {
      const policy = policyOf(policies, input.PolicyArn);
      if ([...roles.values()].some(({ attached }) => attached.has(policy.arn)))
        throw new AwsError(
          "DeleteConflict",
          `Cannot delete ${policy.arn}: detach it from all roles first.`,
          409,
        );
      policies.delete(policy.arn);
      return {};
    },
  };
}

function policyOf(policies: Policies, arn: string): ManagedPolicy {
  const policy = policies.get(arn);
  if (policy === undefined) throw new AwsError("NoSuchEntity", `Policy ${arn} does not exist.`, 404);
  return policy;
}

function describe(policy: ManagedPolicy): object {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: `v${policy.version}`,
    Description: policy.description,
    CreateDate: policy.createdAt,
    Tags: policy.tags,
  };
}
