import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { LockstepError } from "./lockstep-error.ts";

/** Logical ids of the platform stack's outputs, by field. Lists are comma-separated, as in CloudFormation. */
export const PLATFORM_OUTPUT_IDS = {
  /** Bucket of the frontend's files. */
  webBucket: "WebBucket",
  /** Private, versioned bucket of the ledger. */
  stateBucket: "StateBucket",
  /** Name of the SSM parameter that holds the version map. */
  mapParameter: "MapParameter",
  /** ARN of the CloudFront KeyValueStore that holds the pointer. */
  keyValueStoreArn: "KeyValueStoreArn",
  distributionId: "DistributionId",
  /** `d111111abcdef8.cloudfront.net`. */
  distributionDomain: "DistributionDomain",
  /** Listener that has one rule per version. */
  listenerArn: "ListenerArn",
  loadBalancerArn: "LoadBalancerArn",
  loadBalancerDns: "LoadBalancerDns",
  /** Secret that CloudFront sends to the load balancer. */
  originSecretArn: "OriginSecretArn",
  clusterName: "ClusterName",
  vpcId: "VpcId",
  /** Subnets of the tasks, comma-separated. */
  subnetIds: "SubnetIds",
  taskSecurityGroupId: "TaskSecurityGroupId",
  taskRoleArn: "TaskRoleArn",
  executionRoleArn: "ExecutionRoleArn",
  /** Role that CloudFormation uses to create and delete version stacks. */
  versionStackRoleArn: "VersionStackRoleArn",
  /** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`. */
  imageRepositoryUri: "ImageRepositoryUri",
  janitorFunctionName: "JanitorFunctionName",
  janitorScheduleName: "JanitorScheduleName",
} as const;

/** Outputs of the platform stack, which releases, the janitor and the CLI read. */
export type PlatformOutputs = { -readonly [Field in keyof typeof PLATFORM_OUTPUT_IDS]: string };

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
 * @throws LockstepError PLATFORM_NOT_READY if the stack does not exist or lacks an output; errors of AWS are passed on
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
        throw new LockstepError(
          "PLATFORM_NOT_READY",
          `Stack ${stackName} does not exist in ${await placeOf(cloudformation)}. If that is the right place, create it: npm run infra:deploy`,
          { cause },
        );
      throw cause;
    });
  const outputs = new Map(Stacks?.[0]?.Outputs?.map((output) => [output.OutputKey, output.OutputValue]));
  const entries = Object.entries(PLATFORM_OUTPUT_IDS).map(([field, id]) => [field, outputs.get(id)] as const);
  const missing = entries.filter(([, value]) => value === undefined);
  if (missing.length > 0)
    throw new LockstepError(
      "PLATFORM_NOT_READY",
      `Stack ${stackName} (${Stacks?.[0]?.StackStatus}) lacks the outputs ${missing.map(([field]) => PLATFORM_OUTPUT_IDS[field as keyof PlatformOutputs]).join(", ")}. Update it: npm run infra:deploy`,
    );
  return Object.fromEntries(entries) as unknown as PlatformOutputs;
}
