import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";

/** Outputs of the platform stack, which releases, the janitor and the CLI read. Lists are comma-separated, as in CloudFormation. */
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
  /** Listener that has one rule per version. */
  listenerArn: string;
  loadBalancerArn: string;
  loadBalancerDns: string;
  /** Secret that CloudFront sends to the load balancer. */
  originSecretArn: string;
  clusterName: string;
  vpcId: string;
  /** Subnets of the tasks, comma-separated. */
  subnetIds: string;
  taskSecurityGroupId: string;
  taskRoleArn: string;
  executionRoleArn: string;
  /** Role that CloudFormation uses to create and delete version stacks. */
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

/** The platform of an app does not exist, is incomplete, or is older than this code. The message says what to run. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly code = "PLATFORM_NOT_READY";
}

export function platformStackName(app: string): string {
  return `${app}-platform`;
}

/** Region and account of a client, as text. */
async function placeOf({ config }: CloudFormationClient): Promise<string> {
  return `${await config.region()} of the account that your credentials belong to`;
}

/**
 * Reads the outputs of the platform stack in the client's region.
 *
 * @throws PlatformError if the stack does not exist or lacks an output; errors of AWS are passed on
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
          `Stack ${stackName} does not exist in ${await placeOf(cloudformation)}. If that is the right place, create it: npm run infra:deploy`,
          { cause },
        );
      throw cause;
    });
  const outputs = new Map(Stacks?.[0]?.Outputs?.map((output) => [output.OutputKey, output.OutputValue]));
  const entries = Object.entries(PLATFORM_OUTPUT_IDS).map(([field, id]) => [field, outputs.get(id)] as const);
  const missing = entries.filter(([, value]) => value === undefined);
  if (missing.length > 0)
    throw new PlatformError(
      `Stack ${stackName} (${Stacks?.[0]?.StackStatus}) lacks the outputs ${missing.map(([field]) => PLATFORM_OUTPUT_IDS[field as keyof PlatformOutputs]).join(", ")}. Update it: npm run infra:deploy`,
    );
  return Object.fromEntries(entries) as unknown as PlatformOutputs;
}
