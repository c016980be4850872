import type { ParameterTier, PutParameterRequest, PutParameterResult } from "@aws-sdk/client-ssm";
import { AwsError } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { nameOf, type ParameterRecord, type Parameters } from "./parameter.ts";

/** Maximum size of a value in bytes, by tier (SSM quotas). */
const VALUE_MAX_BYTES = { Standard: 4096, Advanced: 8192 };
/** Maximum number of versions (SSM quota). The next put deletes the oldest one. */
const HISTORY_MAX = 100;
/** Maximum number of levels in a hierarchy (SSM quota). */
const LEVELS_MAX = 15;
const SUPPORTED = [
  "Name",
  "Description",
  "Value",
  "Type",
  "KeyId",
  "Overwrite",
  "AllowedPattern",
  "Tags",
  "Tier",
  "DataType",
];
const TYPES: readonly unknown[] = ["String", "StringList", "SecureString"];

/** The PutParameter action with AWS's checks. */
export function putParameter(
  parameters: Parameters,
  input: PutParameterRequest,
  now: number,
): PutParameterResult {
  refuseUnknown("ssm:PutParameter", input, SUPPORTED);
  const name = nameOf(input.Name!);
  const existing = parameters.get(name);
  checkName(name);
  checkValue(input);
  checkAgainst(existing, input);
  const tier = tierOf(existing, input);
  const parameter: ParameterRecord = existing ?? {
    name,
    type: input.Type!,
    tier,
    tags: input.Tags ?? [],
    versions: [],
  };
  const last = parameter.versions.at(-1);
  const version = (last?.version ?? 0) + 1;
  parameter.tier = tier;
  parameter.versions.push({
    version,
    value: input.Value!,
    modifiedAt: now,
    description: input.Description ?? last?.description,
    allowedPattern: input.AllowedPattern ?? last?.allowedPattern,
    keyId: input.KeyId ?? last?.keyId ?? (parameter.type === "SecureString" ? "alias/aws/ssm" : undefined),
    tier,
  });
  if (parameter.versions.length > HISTORY_MAX) parameter.versions.shift();
  parameters.set(name, parameter);
  return { Version: version, Tier: tier };
}

function checkName(name: string): void {
  if (!/^\/?[\w.-]+(\/[\w.-]+)*$/.test(name)) {
    throw invalid(
      `Parameter name "${name}" must be a fully qualified name: letters, digits and . - _ in levels separated by /.`,
    );
  }
  if (/^\/?(aws|ssm)/i.test(name))
    throw new AwsError("AccessDeniedException", `No access to reserved parameter name: ${name}.`);
  if (name.split("/").length - 1 > LEVELS_MAX) {
    throw new AwsError(
      "HierarchyLevelLimitExceededException",
      `The hierarchy of ${name} has more than ${LEVELS_MAX} levels.`,
    );
  }
}

function checkValue(input: PutParameterRequest): void {
  const value = input.Value!;
  if (value === "")
    throw invalid("Value '' at 'value' failed to satisfy constraint: Member must have length >= 1");
  if (value.includes("{{"))
    throw invalid(`Parameter value can't nest another parameter. Do not use "{{}}" in the value.`);
  if (input.DataType !== undefined && input.DataType !== "text")
    throw invalid(`The data type ${input.DataType} is not supported by the local AWS. Use text.`);
  if (input.AllowedPattern !== undefined && !new RegExp(input.AllowedPattern).test(value)) {
    throw new AwsError(
      "ParameterPatternMismatchException",
      `Parameter value, cannot be validated against allowedPattern: ${input.AllowedPattern}`,
    );
  }
}

function checkAgainst(existing: ParameterRecord | undefined, input: PutParameterRequest): void {
  if (input.Overwrite && (input.Tags?.length ?? 0) > 0) {
    throw invalid(
      "Invalid request: tags and overwrite can't be used together. Use AddTagsToResource to tag an existing parameter.",
    );
  }
  if (existing === undefined) {
    if (input.Type === undefined)
      throw invalid(
        "A parameter type is required when you create a parameter: String, StringList or SecureString.",
      );
    if (!TYPES.includes(input.Type))
      throw new AwsError("UnsupportedParameterType", `${input.Type} is not a parameter type.`);
    return;
  }
  if (!input.Overwrite) {
    throw new AwsError(
      "ParameterAlreadyExists",
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    );
  }
  if (input.Type !== undefined && input.Type !== existing.type) {
    throw new AwsError(
      "HierarchyTypeMismatchException",
      `The parameter is a ${existing.type}; its type cannot change to ${input.Type}. Delete it first.`,
    );
  }
}

function tierOf(existing: ParameterRecord | undefined, input: PutParameterRequest): ParameterTier {
  const bytes = Buffer.byteLength(input.Value!);
  const wanted = input.Tier ?? existing?.tier ?? "Standard";
  if (existing?.tier === "Advanced" && wanted === "Standard") {
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier " +
        "to the standard-parameter tier. If necessary, delete it and create it again.",
    );
  }
  const isLarge = bytes > VALUE_MAX_BYTES.Standard || existing?.tier === "Advanced";
  const tier = wanted === "Intelligent-Tiering" ? (isLarge ? "Advanced" : "Standard") : wanted;
  if (tier === "Advanced" && bytes > VALUE_MAX_BYTES.Advanced) {
    throw invalid(
      `Advanced tier parameters support a maximum parameter value of ${VALUE_MAX_BYTES.Advanced} characters.`,
    );
  }
  if (tier === "Standard" && bytes > VALUE_MAX_BYTES.Standard) {
    throw invalid(
      `Standard tier parameters support a maximum parameter value of ${VALUE_MAX_BYTES.Standard} characters. ` +
        "To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.",
    );
  }
  return tier;
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}
