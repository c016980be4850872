import type { LockstepConfig } from "../config/config.ts";

const NAME = "com.amazonaws.global.cloudfront.origin-facing";

/**
 * Ids of the AWS-managed prefix list of CloudFront's origin-facing addresses, by region. A lookup would need
 * credentials at synthesis, and AWS never changes the id of a managed list. Source: the AWS blog post "Limit access to
 * your origins using the AWS-managed prefix list for Amazon CloudFront", and tables that its readers confirmed.
 */
const CLOUDFRONT_ORIGIN_FACING: Readonly<Record<string, string>> = {
  "ap-northeast-1": "pl-58a04531",
  "ap-northeast-2": "pl-22a6434b",
  "ap-south-1": "pl-9aa247f3",
  "ap-southeast-1": "pl-31a34658",
  "ap-southeast-2": "pl-b8a742d1",
  "ca-central-1": "pl-38a64351",
  "eu-central-1": "pl-a3a144ca",
  "eu-north-1": "pl-fab65393",
  "eu-west-1": "pl-4fa04526",
  "eu-west-2": "pl-93a247fa",
  "eu-west-3": "pl-75b1541c",
  "sa-east-1": "pl-5da64334",
  "us-east-1": "pl-3b927c52",
  "us-east-2": "pl-b6a144df",
  "us-west-1": "pl-4ea04527",
  "us-west-2": "pl-82a045eb",
};

/**
 * The prefix list that the load balancer admits: the configured one, or that of the region.
 *
 * @throws Error if the region is not in the table; the message says where to find the id
 */
export function cloudFrontPrefixList(config: LockstepConfig): string {
  const id = config.edge.cloudFrontPrefixListId ?? CLOUDFRONT_ORIGIN_FACING[config.region];
  if (id !== undefined) return id;
  throw new Error(
    `Lockstep does not know the id of CloudFront's managed prefix list in ${config.region}. Find it with ` +
      `"aws ec2 describe-managed-prefix-lists --region ${config.region} --filters Name=prefix-list-name,Values=${NAME}" ` +
      `(or in the VPC console under Managed prefix lists) and set it as edge.cloudFrontPrefixListId in lockstep.config.ts.`,
  );
}
