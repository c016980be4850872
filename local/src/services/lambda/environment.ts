import { join } from "node:path";
import type { Cloud } from "../../cloud.ts";
import { awsEnvironment } from "../../processes/aws-environment.ts";
import { lambdaHome } from "./code.ts";
import type { VersionRecord } from "./model.ts";

/** Preloaded with `--import`: resolves AWS's host names. */
const AWS_NAMES = new URL("../../aws-names.ts", import.meta.url).href;

/** Names that a function may not set (Lambda developer guide, "defined runtime environment variables"). */
export const RESERVED_VARIABLES = [
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_DEFAULT_REGION",
  "AWS_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_RUNTIME_API",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
];

/**
 * Returns the variables that Lambda adds to a function's environment. At an edge, `name` and `region` differ from those
 * of the function.
 */
export function standardVariables(
  cloud: Cloud,
  { configuration, version, folder }: VersionRecord,
  { name, region }: { name: string; region: string },
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    _HANDLER: configuration.Handler,
    LAMBDA_TASK_ROOT: folder,
    NODE_PATH: join(lambdaHome(cloud), "node_modules"),
    AWS_EXECUTION_ENV: `AWS_Lambda_${configuration.Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.MemorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    ...awsEnvironment(cloud, region),
  };
}

/** Returns the environment of a function's process: its own variables, Lambda's, and the preload for AWS's names. */
export function functionEnvironment(
  cloud: Cloud,
  record: VersionRecord,
  region: string,
): Record<string, string> {
  const own = record.configuration.Environment?.Variables ?? {};
  const name = record.configuration.FunctionName;
  return {
    ...own,
    ...standardVariables(cloud, record, { name, region }),
    NODE_OPTIONS: `${own.NODE_OPTIONS ?? ""} --import ${AWS_NAMES}`.trim(),
  };
}
