import { AwsError } from "../../aws-error.ts";
import { ACCOUNT } from "../../cloud.ts";

export interface Tag {
  Key: string;
  Value: string;
}

export interface Role {
  name: string;
  path: string;
  id: string;
  arn: string;
  createdAt: Date;
  /** The trust policy. */
  trust: string;
  description: string | undefined;
  maxSessionSeconds: number;
  boundary: string | undefined;
  tags: Tag[];
  /** Documents by policy name. */
  inline: Map<string, string>;
  /** ARNs of managed policies. */
  attached: Set<string>;
}

export type Roles = Map<string, Role>;

export function arnOf(kind: "role" | "policy", path: string, name: string): string {
  return `arn:aws:iam::${ACCOUNT}:${kind}${path}${name}`;
}

export function roleOf(roles: Roles, name: string): Role {
  const role = roles.get(name);
  if (role === undefined)
    throw new AwsError("NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
  return role;
}

/** Refuses a document that is not JSON with a Statement. Policies are never evaluated. */
export function checkDocument(document: string): void {
  try {
    if ((JSON.parse(document) as { Statement?: unknown }).Statement !== undefined) return;
  } catch (error) {
    throw new AwsError("MalformedPolicyDocument", `The policy is not JSON: ${(error as Error).message}`);
  }
  throw new AwsError("MalformedPolicyDocument", "The policy has no Statement.");
}

export function tagsWith(tags: Tag[], added: Tag[]): Tag[] {
  return [...new Map([...tags, ...added].map((tag) => [tag.Key, tag])).values()];
}
