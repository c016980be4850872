import type { CreateFunctionRequest, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { AwsError, notImplemented } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { RESERVED_VARIABLES } from "./environment.ts";

/** Members that are implemented, or recorded because they have no visible effect on one machine. */
const CONFIGURATION = [
  "FunctionName",
  "Role",
  "Handler",
  "Runtime",
  "Description",
  "Timeout",
  "MemorySize",
  "Environment",
  "DeadLetterConfig",
  "TracingConfig",
  "EphemeralStorage",
  "LoggingConfig",
  "KMSKeyArn",
  "SnapStart",
];
const KNOWN_OF_CREATE = [...CONFIGURATION, "Code", "Publish", "PackageType", "Tags", "Architectures"];
const KNOWN_OF_UPDATE = [...CONFIGURATION, "RevisionId"];

/** Maximum timeout, in seconds (Lambda quota). */
const MAX_TIMEOUT_SECONDS = 900;
/** Minimum and maximum memory in MB (Lambda quota). */
const MEMORY_RANGE = [128, 10_240] as const;
/** Maximum size of all environment variables of a function (Lambda quota). */
const MAX_ENVIRONMENT_BYTES = 4096;

export function checkCreateFunction(input: CreateFunctionRequest): void {
  refuseUnknown("lambda:CreateFunction", input, KNOWN_OF_CREATE);
  if ((input.PackageType ?? "Zip") !== "Zip")
    throw notImplemented(`lambda:CreateFunction: package type ${input.PackageType}`);
  if (!/^[\w-]{1,64}$/.test(input.FunctionName ?? ""))
    throw new AwsError(
      "ValidationException",
      `"${input.FunctionName}" at 'functionName' must be 1 to 64 letters, digits, hyphens and underscores.`,
    );
  if (!input.Role) throw invalid("The role defined for the function cannot be empty.");
  if (!input.Runtime || !input.Handler)
    throw invalid(
      "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    );
  checkConfiguration("lambda:CreateFunction", input);
}

export function checkUpdateConfiguration(input: UpdateFunctionConfigurationRequest): void {
  refuseUnknown("lambda:UpdateFunctionConfiguration", input, KNOWN_OF_UPDATE);
  checkConfiguration("lambda:UpdateFunctionConfiguration", input);
}

function checkConfiguration(
  action: string,
  input: CreateFunctionRequest | UpdateFunctionConfigurationRequest,
): void {
  if (input.Runtime !== undefined && !/^nodejs\d+\.x$/.test(input.Runtime))
    throw notImplemented(`${action}: runtime ${input.Runtime}`);
  if (input.SnapStart && input.SnapStart.ApplyOn !== "None") throw notImplemented(`${action}: SnapStart`);
  if (input.Timeout !== undefined && !(input.Timeout >= 1 && input.Timeout <= MAX_TIMEOUT_SECONDS))
    throw invalid(`Timeout ${input.Timeout} must be between 1 and ${MAX_TIMEOUT_SECONDS} seconds.`);
  const [least, most] = MEMORY_RANGE;
  if (input.MemorySize !== undefined && !(input.MemorySize >= least && input.MemorySize <= most))
    throw invalid(`MemorySize ${input.MemorySize} must be between ${least} and ${most} MB.`);
  checkVariables(input.Environment?.Variables ?? {});
}

function checkVariables(variables: Record<string, string>): void {
  const reserved = Object.keys(variables).filter((name) => RESERVED_VARIABLES.includes(name));
  if (reserved.length > 0)
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  if (Buffer.byteLength(JSON.stringify(variables)) > MAX_ENVIRONMENT_BYTES)
    throw invalid(
      "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.",
    );
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}
