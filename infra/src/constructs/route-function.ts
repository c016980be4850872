import { versionMapParameter } from "@lockstep/edge/names";
import { Aws, Duration, RemovalPolicy } from "aws-cdk-lib";
import { experimental } from "aws-cdk-lib/aws-cloudfront";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { bundledCode } from "./bundled-code.ts";

/** If the map cannot be read within this time, the request fails. Lambda@Edge allows 30 at origin-request. */
const TIMEOUT_SECONDS = 10;
/** Lambda gives a function CPU in proportion to its memory. The TLS handshake with SSM at a cold start needs it. */
const MEMORY_MEGABYTES = 256;

function edgeStackName(app: string): string {
  return `${app}-edge`;
}

/**
 * The Lambda@Edge function `route`. AWS requires it in us-east-1, so it is in a separate stack unless the platform is
 * in that region. It may only read the version map. It is retained when its stack is deleted, because it cannot be
 * deleted until CloudFront has removed its copies, which takes hours.
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
