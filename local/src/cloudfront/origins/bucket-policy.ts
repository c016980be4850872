import { compileGlob } from "../../glob.ts";

/** The parts of a bucket policy that matter for requests from CloudFront. */
export interface BucketPolicy {
  Statement?: Statement | Statement[];
}

interface Statement {
  Effect?: string;
  Principal?: "*" | Record<string, string | string[]>;
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
  [other: string]: unknown;
}

/** The caller: a service on behalf of a resource, or an anonymous caller (both undefined). */
export interface Caller {
  service: string | undefined;
  sourceArn: string | undefined;
}

export interface Access {
  action: string;
  resource: string;
  caller: Caller;
}

/**
 * Whether a policy allows the access. Without a policy, nothing is allowed. A statement with `NotAction`,
 * `NotPrincipal` or `NotResource` instead of the plain element has no effect. An unsupported condition is never met in
 * an Allow and always met in a Deny. Pure.
 */
export function allows(policy: BucketPolicy | undefined, access: Access): boolean {
  const statements = [policy?.Statement ?? []].flat();
  const matching = statements.filter((statement) => concerns(statement, access));
  if (matching.some((statement) => statement.Effect === "Deny" && conditionsHold(statement, access, "deny")))
    return false;
  return matching.some(
    (statement) => statement.Effect === "Allow" && conditionsHold(statement, access, "allow"),
  );
}

function concerns(statement: Statement, { action, resource, caller }: Access): boolean {
  return (
    isPrincipal(statement.Principal, caller) &&
    [statement.Action ?? []]
      .flat()
      .some((pattern) => compileGlob(pattern.toLowerCase())(action.toLowerCase())) &&
    [statement.Resource ?? []].flat().some((pattern) => compileGlob(pattern)(resource))
  );
}

function isPrincipal(principal: Statement["Principal"], caller: Caller): boolean {
  if (principal === "*") return true;
  if (principal === undefined) return false;
  if ([principal.AWS ?? []].flat().includes("*")) return true;
  return caller.service !== undefined && [principal.Service ?? []].flat().includes(caller.service);
}

function conditionsHold(statement: Statement, { caller }: Access, effect: "allow" | "deny"): boolean {
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, wanted] of Object.entries(keys)) {
      const actual = contextValue(key, caller);
      const values = [wanted].flat();
      if (operator === "StringEquals" || operator === "ArnEquals") {
        if (actual === undefined || !values.includes(actual)) return false;
      } else if (operator === "StringLike" || operator === "ArnLike") {
        if (actual === undefined || !values.some((value) => compileGlob(value)(actual))) return false;
      } else if (operator === "Bool" && key.toLowerCase() === "aws:securetransport") {
        // CloudFront uses HTTPS to S3.
        if (!values.includes("true")) return false;
      } else return effect === "deny";
    }
  }
  return true;
}

function contextValue(key: string, caller: Caller): string | undefined {
  const name = key.toLowerCase();
  if (name === "aws:sourcearn") return caller.sourceArn;
  if (name === "aws:sourceaccount") return caller.sourceArn?.split(":")[4];
  return undefined;
}
