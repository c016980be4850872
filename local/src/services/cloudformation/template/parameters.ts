import type { Parameter } from "@aws-sdk/client-cloudformation";
import { AwsError } from "../../../aws-error.ts";
import type { Cloud, Scope } from "../../../cloud.ts";
import type { ParameterDefinition, Template } from "./template.ts";

export interface ResolvedParameter {
  /** The given or default value; for an SSM type, the name of the SSM parameter. */
  given: string;
  /** The value of `Ref`. */
  value: string | string[];
  /** The SSM parameter's value when the operation was accepted. */
  resolved?: string;
  noEcho: boolean;
}

const SSM_VALUE = /^AWS::SSM::Parameter::Value<(.+)>$/;

/**
 * Resolves a template's parameters for one operation from given, previous and default values, with AWS's checks. SSM
 * values are read each time. Throws a `ValidationError` for missing, unknown and invalid values.
 */
export async function resolveParameters(
  template: Template,
  given: Parameter[],
  previous: Map<string, ResolvedParameter> | undefined,
  cloud: Cloud,
  scope: Scope,
): Promise<Map<string, ResolvedParameter>> {
  const definitions = template.Parameters ?? {};
  const unknown = given.map(({ ParameterKey: key }) => key!).filter((key) => !(key in definitions));
  if (unknown.length > 0) throw invalid(`Parameters: [${unknown.join(", ")}] do not exist in the template`);
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, definition] of Object.entries(definitions)) {
    const value = givenValue(name, definition, given, previous);
    if (value === undefined) missing.push(name);
    else values.set(name, value);
  }
  if (missing.length > 0) throw invalid(`Parameters: [${missing.join(", ")}] must have values`);
  const resolved = new Map<string, ResolvedParameter>();
  for (const [name, value] of values)
    resolved.set(name, await resolve(name, definitions[name]!, value, cloud, scope));
  return resolved;
}

/** Converts parameters to the shape of DescribeStacks and DescribeChangeSet. */
export function describeParameters(parameters: Map<string, ResolvedParameter>): Parameter[] {
  return [...parameters].map(([name, { given, resolved, noEcho }]) => ({
    ParameterKey: name,
    ParameterValue: noEcho ? "****" : given,
    ...(resolved === undefined ? {} : { ResolvedValue: resolved }),
  }));
}

function givenValue(
  name: string,
  definition: ParameterDefinition,
  given: Parameter[],
  previous: Map<string, ResolvedParameter> | undefined,
): string | undefined {
  const parameter = given.find(({ ParameterKey: key }) => key === name);
  if (parameter?.UsePreviousValue && parameter.ParameterValue !== undefined)
    throw invalid(`Parameter ${name}: specify either a value or UsePreviousValue, not both`);
  if (parameter?.UsePreviousValue) {
    const before = previous?.get(name);
    if (before === undefined) throw invalid(`Parameter ${name} has no previous value`);
    return before.given;
  }
  if (parameter?.ParameterValue !== undefined) return parameter.ParameterValue;
  return definition.Default === undefined ? undefined : String(definition.Default);
}

async function resolve(
  name: string,
  definition: ParameterDefinition,
  given: string,
  cloud: Cloud,
  scope: Scope,
): Promise<ResolvedParameter> {
  const noEcho = String(definition.NoEcho) === "true";
  const ssm = SSM_VALUE.exec(definition.Type);
  check(name, definition, given);
  if (ssm === null) return { given, value: typed(given, definition.Type), noEcho };
  const resolved = await readSsm(name, given, cloud, scope);
  return { given, value: typed(resolved, ssm[1]!), resolved, noEcho };
}

async function readSsm(parameter: string, name: string, cloud: Cloud, scope: Scope): Promise<string> {
  try {
    const { Parameter: found } = await cloud.call("ssm", "GetParameter", { Name: name }, scope);
    return found.Value;
  } catch (cause) {
    if ((cause as AwsError).code !== "ParameterNotFound") throw cause;
    throw invalid(
      `Unable to fetch parameters [${name}] from parameter store for this account (template parameter ${parameter}).`,
    );
  }
}

function typed(value: string, type: string): string | string[] {
  if (type !== "CommaDelimitedList" && !type.startsWith("List<")) return value;
  return value === "" ? [] : value.split(",").map((each) => each.trim());
}

function check(name: string, definition: ParameterDefinition, value: string): void {
  const hint = definition.ConstraintDescription ?? "";
  const refuse = (what: string) => invalid(`Parameter '${name}' ${what}${hint === "" ? "" : `: ${hint}`}`);
  const values =
    definition.Type === "CommaDelimitedList" || definition.Type.startsWith("List<")
      ? (typed(value, definition.Type) as string[])
      : [value];
  const { AllowedValues: allowed, AllowedPattern: pattern } = definition;
  for (const each of values) {
    if (allowed !== undefined && !allowed.map(String).includes(each))
      throw refuse(`must be one of AllowedValues [${allowed.join(", ")}]`);
    if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(each))
      throw refuse(`must match pattern ${pattern}`);
    if (/Number/.test(definition.Type) && !Number.isFinite(Number(each || "x")))
      throw refuse("must be a number");
  }
  if (value.length < Number(definition.MinLength ?? 0))
    throw refuse(`must contain at least ${definition.MinLength} characters`);
  if (value.length > Number(definition.MaxLength ?? Number.POSITIVE_INFINITY))
    throw refuse(`must contain at most ${definition.MaxLength} characters`);
  if (Number(value) < Number(definition.MinValue ?? Number.NEGATIVE_INFINITY))
    throw refuse(`must be a number not less than ${definition.MinValue}`);
  if (Number(value) > Number(definition.MaxValue ?? Number.POSITIVE_INFINITY))
    throw refuse(`must be a number not greater than ${definition.MaxValue}`);
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}
