import { versionMapParameter } from "@lockstep/edge/names";
import { Aws, Duration, RemovalPolicy } from "aws-cdk-lib";
import { experimental } from "aws-cdk-lib/aws-cloudfront";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { bundledCode } from "./bundled-code.ts";

/** Lambda@Edge at origin-request may run for 30 seconds; a map that takes longer than this is unreadable. */
const TIMEOUT_SECONDS = 10;
/** Memory buys CPU, and CPU buys the cold start's TLS handshake to SSM. */
const MEMORY_MEGABYTES = 256;

function edgeStackName(app: string): string {
  return `${app}-edge`;
}

/**
 * The Lambda@Edge function `route`: in us-east-1, where AWS wants it, in a stack of its own unless the platform is there
 * too. It may read the version map and nothing else. It stays when the stack goes: CloudFront removes its copies hours
 * later, and until then it cannot be deleted.
 */
export function routeFunction(
  scope: Construct,
  config: LockstepConfig,
  source: string,
): experimental.EdgeFunction {
  const route = new experimental.EdgeFunction(scope, "Route", {
    stackId: edgeStackName(config.app),
    description: `Sends API requests of ${config.app} to their version`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.X86_64,
    handler: "index.handler",
    code: bundledCode(new URL("../../../edge/src", import.meta.url), () => ({ "index.js": source })),
    timeout: Duration.seconds(TIMEOUT_SECONDS),
    memorySize: MEMORY_MEGABYTES,
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
  });
  route.lambda.applyRemovalPolicy(RemovalPolicy.RETAIN);
  route.addToRolePolicy(
    new PolicyStatement({
      actions: ["ssm:GetParameter"],
      resources: [
        `arn:${Aws.PARTITION}:ssm:${config.region}:${Aws.ACCOUNT_ID}:parameter${versionMapParameter(config.app)}`,
      ],
    }),
  );
  return route;
}
