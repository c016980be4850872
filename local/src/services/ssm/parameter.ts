import type { Parameter, ParameterHistory, ParameterMetadata, ParameterTier, Tag } from "@aws-sdk/client-ssm";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Scope } from "../../cloud.ts";

export interface ParameterRecord {
  name: string;
  type: "String" | "StringList" | "SecureString";
  tier: ParameterTier;
  tags: Tag[];
  /** Oldest first; never empty. */
  versions: ParameterVersion[];
}

export interface ParameterVersion {
  version: number;
  value: string;
  modifiedAt: number;
  description: string | undefined;
  allowedPattern: string | undefined;
  keyId: string | undefined;
  tier: ParameterTier;
}

export type Parameters = Map<string, ParameterRecord>;

const ARN = /^arn:aws:ssm:[^:]+:\d{12}:parameter(\/.+)$/;

/**
 * Returns a parameter's name for a name or an ARN. `plain` and `/plain` have the same ARN; AWS interprets it as
 * `/plain`.
 */
export function nameOf(nameOrArn: string): string {
  return ARN.exec(nameOrArn)?.[1] ?? nameOrArn;
}

function arnOf(name: string, { region }: Scope): string {
  return `arn:aws:ssm:${region}:${ACCOUNT}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
}

export function notFound(name: string): AwsError {
  return new AwsError("ParameterNotFound", `Parameter ${name} not found.`);
}

/** Finds the parameter and version for `name`, `name:3` or an ARN; `undefined` if either does not exist. */
export function findParameter(
  parameters: Parameters,
  selector: string,
): { parameter: ParameterRecord; version: ParameterVersion } | undefined {
  const [name, number] = splitSelector(nameOf(selector));
  const parameter = parameters.get(name);
  if (parameter === undefined) return undefined;
  const version =
    number === undefined
      ? parameter.versions.at(-1)
      : parameter.versions.find((candidate) => String(candidate.version) === number);
  return version && { parameter, version };
}

/** Returns the output of GetParameter. Throws ParameterNotFound or ParameterVersionNotFound. */
export function readVersion(
  parameters: Parameters,
  selector: string,
  scope: Scope,
  decrypt: boolean | undefined,
): Parameter {
  const found = findParameter(parameters, selector);
  if (found === undefined) {
    const [name, number] = splitSelector(nameOf(selector));
    if (!parameters.has(name)) throw notFound(name);
    throw new AwsError(
      "ParameterVersionNotFound",
      `Systems Manager could not find version ${number} of ${name}. Verify the version and try again.`,
    );
  }
  const { parameter, version } = found;
  const [name, number] = splitSelector(nameOf(selector));
  return {
    Name: name,
    Type: parameter.type,
    Value: shownValue(parameter, version, decrypt),
    Version: version.version,
    Selector: number === undefined ? undefined : `:${number}`,
    LastModifiedDate: new Date(version.modifiedAt),
    ARN: arnOf(parameter.name, scope),
    DataType: "text",
  };
}

export function describe(parameter: ParameterRecord, scope: Scope): ParameterMetadata {
  const newest = parameter.versions.at(-1)!;
  return { ...metadata(parameter, newest), ARN: arnOf(parameter.name, scope) };
}

export function describeHistory(
  parameter: ParameterRecord,
  version: ParameterVersion,
  decrypt: boolean | undefined,
): ParameterHistory {
  return { ...metadata(parameter, version), Value: shownValue(parameter, version, decrypt), Labels: [] };
}

/** Whether a name is below a path: one level, or any level with `recursive`. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith("/") ? path : `${path}/`;
  return name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes("/"));
}

function metadata(parameter: ParameterRecord, version: ParameterVersion): ParameterMetadata {
  return {
    Name: parameter.name,
    Type: parameter.type,
    KeyId: version.keyId,
    LastModifiedDate: new Date(version.modifiedAt),
    LastModifiedUser: `arn:aws:iam::${ACCOUNT}:user/local`,
    Description: version.description,
    AllowedPattern: version.allowedPattern,
    Version: version.version,
    Tier: version.tier,
    Policies: [],
    DataType: "text",
  };
}

function shownValue(
  parameter: ParameterRecord,
  version: ParameterVersion,
  decrypt: boolean | undefined,
): string {
  if (parameter.type !== "SecureString" || decrypt) return version.value;
  return Buffer.from(`encrypted ${parameter.name} ${version.version}`).toString("base64");
}

function splitSelector(name: string): [name: string, selector: string | undefined] {
  const colon = name.indexOf(":");
  return colon < 0 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)];
}
