import { AwsError } from "../../aws-error.ts";
import type { Cloud } from "../../cloud.ts";

interface Configuration {
  Runtime?: string;
  Architectures?: string[];
  Environment?: { Variables?: Record<string, string> };
  VpcConfig?: { SubnetIds?: string[] };
  Layers?: unknown[];
  Timeout?: number;
}

/** Maximum timeout at origin events; viewer events have 5 s (Lambda@Edge quotas). */
const ORIGIN_TIMEOUT_SECONDS = 30;

/** Refuses a function that Lambda@Edge would not replicate, with CloudFront's `InvalidLambdaFunctionAssociation`. */
export async function checkEdgeLambda(cloud: Cloud, arn: string): Promise<void> {
  const version = arn.lastIndexOf(":");
  const input = { FunctionName: arn.slice(0, version), Qualifier: arn.slice(version + 1) };
  const { Configuration } = await cloud.call<{ Configuration: Configuration }>(
    "lambda",
    "GetFunction",
    input,
    {
      region: "us-east-1",
    },
  );
  const reason = whyNotAtTheEdge(Configuration);
  if (reason !== undefined)
    throw new AwsError(
      "InvalidLambdaFunctionAssociation",
      `The function ${arn} cannot run at the edge: ${reason}.`,
    );
}

function whyNotAtTheEdge(configuration: Configuration): string | undefined {
  const { Runtime = "", Architectures, Environment, VpcConfig, Layers, Timeout = 3 } = configuration;
  if (!/^(nodejs|python)/.test(Runtime)) return `the runtime ${Runtime} is not supported there`;
  if (Architectures?.some((architecture) => architecture !== "x86_64")) return "it is not x86_64";
  if (Object.keys(Environment?.Variables ?? {}).length > 0) return "it has environment variables";
  if ((VpcConfig?.SubnetIds?.length ?? 0) > 0) return "it is in a VPC";
  if ((Layers?.length ?? 0) > 0) return "it has layers";
  if (Timeout > ORIGIN_TIMEOUT_SECONDS) return `its timeout is over ${ORIGIN_TIMEOUT_SECONDS} s`;
  return undefined;
}
