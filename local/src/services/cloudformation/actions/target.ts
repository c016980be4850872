import type { Parameter, Tag } from "@aws-sdk/client-cloudformation";
import { AwsError } from "../../../aws-error.ts";
import type { Scope } from "../../../cloud.ts";
import { checkRules } from "../evaluation/conditions.ts";
import { evaluationOf } from "../evaluation/evaluation.ts";
import type { Engine } from "../stack/engine.ts";
import type { StackRecord, Target } from "../stack/model.ts";
import { resolveParameters } from "../template/parameters.ts";
import { parseTemplate, type Template } from "../template/template.ts";
import { type TemplateSource, templateBody } from "../template/template-source.ts";

/** The common part of CreateStack, UpdateStack and CreateChangeSet. */
export interface TargetInput extends TemplateSource {
  Parameters?: Parameter[];
  Tags?: Tag[];
  Capabilities?: string[];
  NotificationARNs?: string[];
  RoleARN?: string;
  DeploymentConfig?: { Mode?: string; DisableRollback?: boolean };
  ResourceTypes?: string[];
  RollbackConfiguration?: { RollbackTriggers?: unknown[]; MonitoringTimeInMinutes?: number };
  StackPolicyBody?: string;
  StackPolicyURL?: string;
}

/**
 * Validates an input as AWS does before it accepts it: template, parameters, rules, capabilities. Omitted tags, role
 * and notification ARNs keep their values.
 */
export async function readTarget(
  engine: Engine,
  stack: StackRecord,
  input: TargetInput,
  scope: Scope,
): Promise<Target> {
  refuseUnknownMembers(input);
  const body = await templateBody(input, stack.current?.templateBody, engine.cloud, scope);
  const template = parseTemplate(body, engine.providers);
  checkCapabilities(template, input.Capabilities ?? []);
  const parameters = await resolveParameters(
    template,
    input.Parameters ?? [],
    stack.current?.parameters,
    engine.cloud,
    scope,
  );
  const target: Target = {
    template,
    templateBody: body,
    parameters,
    tags: checkTags(input.Tags ?? stack.current?.tags ?? []),
    capabilities: input.Capabilities ?? [],
    notificationArns: input.NotificationARNs ?? stack.current?.notificationArns ?? [],
    roleArn: input.RoleARN ?? stack.roleArn,
  };
  const nothing = () => undefined;
  const noImport = (name: string): string => {
    throw new AwsError("ValidationError", `Rules and conditions cannot import values (${name}).`);
  };
  checkRules(template, evaluationOf(stack, target, nothing, noImport, engine.providers).environment);
  return target;
}

function refuseUnknownMembers(input: TargetInput): void {
  const refuse = (what: string) =>
    new AwsError("NotImplemented", `${what} is not implemented by the local AWS's CloudFormation.`, 501);
  if (input.DeploymentConfig?.Mode !== undefined && input.DeploymentConfig.Mode !== "STANDARD")
    throw refuse(`DeploymentConfig.Mode ${input.DeploymentConfig.Mode}`);
  if (input.ResourceTypes?.length) throw refuse("ResourceTypes");
  if (input.RollbackConfiguration?.RollbackTriggers?.length)
    throw refuse("RollbackConfiguration.RollbackTriggers");
  if (input.StackPolicyBody !== undefined || input.StackPolicyURL !== undefined)
    throw refuse("A stack policy");
}

const NAMED_IAM: Record<string, string> = {
  "AWS::IAM::Role": "RoleName",
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
};

/** Requires the capability that AWS asks for when a template contains IAM resources. */
function checkCapabilities(template: Template, given: string[]): void {
  const iam = Object.values(template.Resources).filter(({ Type }) => Type.startsWith("AWS::IAM::"));
  if (iam.length === 0 || given.includes("CAPABILITY_NAMED_IAM")) return;
  const named = iam.some(({ Type, Properties = {} }) => (NAMED_IAM[Type] ?? "") in Properties);
  if (!named && given.includes("CAPABILITY_IAM")) return;
  const needed = named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM";
  throw new AwsError("InsufficientCapabilitiesException", `Requires capabilities : [${needed}]`);
}

function checkTags(tags: Tag[]): Tag[] {
  for (const { Key } of tags)
    if (!Key || Key.startsWith("aws:"))
      throw new AwsError("ValidationError", `The tag key ${JSON.stringify(Key)} is not allowed.`);
  return tags;
}
