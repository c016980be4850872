import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";

/** What the platform stack tells those who work on it: the release, the janitor, the CLI. Comma lists stay text, as CloudFormation has them. */
export interface PlatformOutputs {
  /** Bucket of the frontend's files. */
  webBucket: string;
  /** Private, versioned bucket of the ledger. */
  stateBucket: string;
  /** Name of the SSM parameter that holds the version map. */
  mapParameter: string;
  /** ARN of the CloudFront KeyValueStore that holds the pointer. */
  keyValueStoreArn: string;
  distributionId: string;
  /** `d111111abcdef8.cloudfront.net`. */
  distributionDomain: string;
  /** The listener in which every version has one rule. */
  listenerArn: string;
  loadBalancerArn: string;
  loadBalancerDns: string;
  /** Secret whose value CloudFront sends to the load balancer. */
  originSecretArn: string;
  clusterName: string;
  vpcId: string;
  /** Subnets of the tasks, separated by commas. */
  subnetIds: string;
  taskSecurityGroupId: string;
  taskRoleArn: string;
  executionRoleArn: string;
  /** The role that CloudFormation takes to make and delete version stacks. */
  versionStackRoleArn: string;
  /** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`. */
  imageRepositoryUri: string;
  janitorFunctionName: string;
  janitorScheduleName: string;
}

/** Logical ids of the stack's outputs, by field. */
export const PLATFORM_OUTPUT_IDS: { readonly [Field in keyof PlatformOutputs]: string } = {
  webBucket: "WebBucket",
  stateBucket: "StateBucket",
  mapParameter: "MapParameter",
  keyValueStoreArn: "KeyValueStoreArn",
  distributionId: "DistributionId",
  distributionDomain: "DistributionDomain",
  listenerArn: "ListenerArn",
  loadBalancerArn: "LoadBalancerArn",
  loadBalancerDns: "LoadBalancerDns",
  originSecretArn: "OriginSecretArn",
  clusterName: "ClusterName",
  vpcId: "VpcId",
  subnetIds: "SubnetIds",
  taskSecurityGroupId: "TaskSecurityGroupId",
  taskRoleArn: "TaskRoleArn",
  executionRoleArn: "ExecutionRoleArn",
  versionStackRoleArn: "VersionStackRoleArn",
  imageRepositoryUri: "ImageRepositoryUri",
  janitorFunctionName: "JanitorFunctionName",
  janitorScheduleName: "JanitorScheduleName",
};

/** The platform of an app is not there, not finished, or older than this code. The message says what to run. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly code = "PLATFORM_NOT_READY";
}

export function platformStackName(app: string): string {
  return `${app}-platform`;
}

/** "eu-west-1": what the client's calls go to. */
async function whereWeAre({ config }: CloudFormationClient): Promise<string> {
  return `${await config.region()} of the account whose credentials are used`;
}

/**
 * Reads the outputs of the platform stack in the client's region.
 *
 * @throws PlatformError when the stack is missing or lacks an output; AWS's own errors pass unchanged
 */
export async function readPlatformOutputs(
  cloudformation: CloudFormationClient,
  app: string,
): Promise<PlatformOutputs> {
  const stackName = platformStackName(app);
  const { Stacks } = await cloudformation
    .send(new DescribeStacksCommand({ StackName: stackName }))
    .catch(async (cause: unknown) => {
      if (cause instanceof Error && /does not exist/.test(cause.message))
        throw new PlatformError(
          `Stack ${stackName} does not exist in ${await whereWeAre(cloudformation)}. Is that the right place? Then make it: npm run infra:deploy`,
          { cause },
        );
      throw cause;
    });
  const outputs = new Map(Stacks?.[0]?.Outputs?.map((output) => [output.OutputKey, output.OutputValue]));
  const entries = Object.entries(PLATFORM_OUTPUT_IDS).map(([field, id]) => [field, outputs.get(id)] as const);
  const missing = entries.filter(([, value]) => value === undefined);
  if (missing.length > 0)
    throw new PlatformError(
      `Stack ${stackName} (${Stacks?.[0]?.StackStatus}) lacks the outputs ${missing.map(([field]) => PLATFORM_OUTPUT_IDS[field as keyof PlatformOutputs]).join(", ")}. Bring it up to date with: npm run infra:deploy`,
    );
  return Object.fromEntries(entries) as unknown as PlatformOutputs;
}
