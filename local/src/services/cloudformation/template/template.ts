import { AwsError } from "../../../aws-error.ts";
import type { Providers, ResourceProvider } from "../providers/provider.ts";
import { isPseudoParameter } from "./pseudo-parameters.ts";
import { referencesOf } from "./references.ts";

export interface ResourceDefinition {
  Type: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
  Condition?: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Metadata?: unknown;
}

interface OutputDefinition {
  Value: unknown;
  Description?: string;
  Condition?: string;
  Export?: { Name: unknown };
}

export interface ParameterDefinition {
  Type: string;
  Default?: string | number;
  AllowedValues?: (string | number)[];
  AllowedPattern?: string;
  MinLength?: string | number;
  MaxLength?: string | number;
  MinValue?: string | number;
  MaxValue?: string | number;
  NoEcho?: boolean | string;
  Description?: string;
  ConstraintDescription?: string;
}

export interface Template {
  AWSTemplateFormatVersion?: string;
  Description?: string;
  Metadata?: Record<string, unknown>;
  Parameters?: Record<string, ParameterDefinition>;
  Rules?: Record<string, { RuleCondition?: unknown; Assertions: RuleAssertion[] }>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, ResourceDefinition>;
  Outputs?: Record<string, OutputDefinition>;
}

interface RuleAssertion {
  Assert: unknown;
  AssertDescription?: string;
}

const SECTIONS = [
  "AWSTemplateFormatVersion",
  "Description",
  "Metadata",
  "Parameters",
  "Rules",
  "Mappings",
  "Conditions",
  "Resources",
  "Outputs",
];
const RESOURCE_KEYS = [
  "Type",
  "Properties",
  "DependsOn",
  "Condition",
  "DeletionPolicy",
  "UpdateReplacePolicy",
  "Metadata",
];
const POLICIES = ["Delete", "Retain", "RetainExceptOnCreate"];
const CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource";

/** Parses a JSON template and refuses what AWS refuses before it creates any resource. */
export function parseTemplate(body: string, providers: Providers): Template {
  const template = parseJson(body);
  const unknownSections = Object.keys(template).filter((key) => !SECTIONS.includes(key));
  if (unknownSections.length > 0) {
    throw formatError(
      `Invalid template property or properties [${unknownSections.join(", ")}] (the local AWS supports ${SECTIONS.join(", ")})`,
    );
  }
  if (Object.keys(template.Resources ?? {}).length === 0)
    throw formatError("At least one Resources member must be defined.");
  checkTypes(template, providers);
  for (const [id, definition] of Object.entries(template.Resources)) checkDefinition(id, definition);
  checkReferences(template, providers);
  return template;
}

/** Returns the provider of a type; every `Custom::…` is a custom resource. */
export function providerOf(type: string, providers: Providers): ResourceProvider | undefined {
  if (type.startsWith("Custom::")) return providers[CUSTOM_RESOURCE];
  return Object.hasOwn(providers, type) ? providers[type] : undefined;
}

function parseJson(body: string): Template {
  let template: unknown;
  try {
    template = JSON.parse(body);
  } catch (cause) {
    throw formatError(
      `JSON not well-formed (${(cause as Error).message}). The local AWS supports JSON templates only; with cdk, use a synthesizer that uploads the template`,
    );
  }
  if (typeof template !== "object" || template === null || Array.isArray(template))
    throw formatError("unsupported structure.");
  return template as Template;
}

function checkTypes(template: Template, providers: Providers): void {
  const types = new Set(Object.values(template.Resources).map((resource) => resource.Type));
  const unknown = [...types].filter((type) => typeof type !== "string" || !providerOf(type, providers));
  if (unknown.length > 0)
    throw formatError(
      `Unrecognized resource types: [${unknown.join(", ")}] (the local AWS supports ${Object.keys(providers).length} types, see local/README.md)`,
    );
}

function checkDefinition(id: string, definition: ResourceDefinition): void {
  if (!/^[A-Za-z0-9]+$/.test(id)) throw formatError(`Resource name ${id} is non alphanumeric.`);
  const unknown = Object.keys(definition).filter((key) => !RESOURCE_KEYS.includes(key));
  if (unknown.length > 0)
    throw formatError(
      `Invalid template resource property '${unknown.join("', '")}' of ${id} (the local AWS supports ${RESOURCE_KEYS.join(", ")})`,
    );
  for (const key of ["DeletionPolicy", "UpdateReplacePolicy"] as const) {
    const policy = definition[key];
    if (policy !== undefined && !POLICIES.includes(policy))
      throw formatError(`Unrecognized ${key} ${JSON.stringify(policy)} for resource ${id}`);
  }
}

function checkReferences(template: Template, providers: Providers): void {
  const { Resources: resources, Parameters: parameters = {} } = template;
  const missing = new Set<string>();
  const check = (value: unknown) => {
    for (const { id, attribute } of referencesOf(value)) {
      if (attribute === undefined) {
        if (!(id in resources) && !(id in parameters) && !isPseudoParameter(id)) missing.add(id);
      } else if (!(id in resources)) missing.add(id);
      else checkAttribute(id, attribute, resources[id]!, providers);
    }
  };
  for (const definition of Object.values(resources)) {
    check(definition.Properties);
    for (const id of [definition.DependsOn ?? []].flat()) if (!(id in resources)) missing.add(id);
  }
  if (missing.size > 0)
    throw formatError(
      `Unresolved resource dependencies [${[...missing].join(", ")}] in the Resources block of the template`,
    );
  for (const output of Object.values(template.Outputs ?? {})) check(output);
  if (missing.size > 0)
    throw formatError(
      `Unresolved resource dependencies [${[...missing].join(", ")}] in the Outputs block of the template`,
    );
}

function checkAttribute(
  id: string,
  attribute: string,
  definition: ResourceDefinition,
  providers: Providers,
): void {
  const { attributes } = providerOf(definition.Type, providers)!;
  if (attributes === "any" || attributes.includes(attribute)) return;
  throw new AwsError(
    "ValidationError",
    `Template error: resource ${id} does not support attribute type ${attribute} in Fn::GetAtt (for ${definition.Type} the local AWS supports ${attributes.join(", ") || "none"})`,
  );
}

function formatError(message: string): AwsError {
  return new AwsError("ValidationError", `Template format error: ${message}`);
}
