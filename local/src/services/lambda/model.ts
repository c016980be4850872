import type { FunctionConfiguration, FunctionEventInvokeConfig } from "@aws-sdk/client-lambda";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, found, type Scope } from "../../cloud.ts";

/** Functions of one region, by name. */
export type LambdaRegion = Map<string, FunctionRecord>;

export interface FunctionRecord {
  name: string;
  latest: VersionRecord;
  /** Published versions by number. Numbers are never reused. */
  versions: Map<string, VersionRecord>;
  lastNumber: number;
  tags: Record<string, string>;
  reservedConcurrency: number | undefined;
  /** Statements by qualifier (`$LATEST` without one). */
  policies: Map<string, PolicyStatement[]>;
  /** Retry settings of events, by qualifier. */
  eventConfigs: Map<string, FunctionEventInvokeConfig>;
}

interface PolicyStatement {
  Sid: string;
  [member: string]: unknown;
}

export interface VersionRecord {
  /** `$LATEST` or a number. */
  version: string;
  configuration: FunctionConfiguration & {
    FunctionName: string;
    FunctionArn: string;
    Runtime: string;
    Handler: string;
    Timeout: number;
    MemorySize: number;
    CodeSha256: string;
  };
  /** Folder with the unpacked code. Versions with the same code share it. */
  folder: string;
}

export const LATEST = "$LATEST";

export function functionArn({ region }: Scope, name: string): string {
  return `arn:aws:lambda:${region}:${ACCOUNT}:function:${name}`;
}

/** Parses a function's name and qualifier from `name`, `name:qualifier`, `account:function:name` or an ARN. */
export function parseFunctionName(given: string): { name: string; qualifier?: string; region?: string } {
  const arn = /^arn:aws:lambda:([a-z0-9-]+):\d{12}:function:([\w-]+)(?::(\$LATEST|[\w-]+))?$/.exec(given);
  if (arn) return { region: arn[1]!, name: arn[2]!, qualifier: arn[3] };
  const [, name, qualifier] = /^(?:\d{12}:function:)?([\w-]{1,64})(?::(\$LATEST|[\w-]+))?$/.exec(given) ?? [];
  if (name === undefined)
    throw new AwsError("ValidationException", `"${given}" is not the name or ARN of a function.`);
  return { name, qualifier };
}

/** Finds the function of a request in its region. */
export function getFunction(state: LambdaRegion, given: string, scope: Scope): FunctionRecord {
  const { name, region } = parseFunctionName(given);
  return found(
    region === undefined || region === scope.region ? state.get(name) : undefined,
    "ResourceNotFoundException",
    `Function not found: ${functionArn({ region: region ?? scope.region }, name)}`,
    404,
  );
}

/** Finds the version for a name and a qualifier; `$LATEST` without one. */
export function getVersion(
  state: LambdaRegion,
  given: string,
  qualifier: string | undefined,
  scope: Scope,
): VersionRecord {
  const record = getFunction(state, given, scope);
  const wanted = qualifier ?? parseFunctionName(given).qualifier ?? LATEST;
  if (wanted === LATEST) return record.latest;
  return found(
    record.versions.get(wanted),
    "ResourceNotFoundException",
    `Function not found: ${functionArn(scope, record.name)}:${wanted}`,
    404,
  );
}
