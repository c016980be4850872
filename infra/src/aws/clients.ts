import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudFrontKeyValueStoreClient } from "@aws-sdk/client-cloudfront-keyvaluestore";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import { S3Client } from "@aws-sdk/client-s3";
import { SSMClient } from "@aws-sdk/client-ssm";

/** One client per service. Credentials, endpoints and retries are the SDK's own; it honours `AWS_ENDPOINT_URL`. */
export interface AwsClients {
  autoscaling: ApplicationAutoScalingClient;
  cloudformation: CloudFormationClient;
  cloudwatch: CloudWatchClient;
  ecr: ECRClient;
  ecs: ECSClient;
  elb: ElasticLoadBalancingV2Client;
  keyValueStore: CloudFrontKeyValueStoreClient;
  logs: CloudWatchLogsClient;
  s3: S3Client;
  ssm: SSMClient;
  /** In `edge.mapFallbackRegion`, when there is one. */
  ssmOfMapCopy?: SSMClient | undefined;
  tagging: ResourceGroupsTaggingAPIClient;
}

/** Where CloudFront keeps what is not regional. */
const CLOUDFRONT_REGION = "us-east-1";

export function createAwsClients(region: string, mapFallbackRegion?: string): AwsClients {
  return {
    autoscaling: new ApplicationAutoScalingClient({ region }),
    cloudformation: new CloudFormationClient({ region }),
    cloudwatch: new CloudWatchClient({ region }),
    ecr: new ECRClient({ region }),
    ecs: new ECSClient({ region }),
    elb: new ElasticLoadBalancingV2Client({ region }),
    keyValueStore: new CloudFrontKeyValueStoreClient({ region: CLOUDFRONT_REGION }),
    logs: new CloudWatchLogsClient({ region }),
    s3: new S3Client({ region }),
    ssm: new SSMClient({ region }),
    ssmOfMapCopy: mapFallbackRegion === undefined ? undefined : new SSMClient({ region: mapFallbackRegion }),
    tagging: new ResourceGroupsTaggingAPIClient({ region }),
  };
}

/** Closes the clients' kept-alive sockets. */
export function destroyAwsClients(clients: AwsClients): void {
  for (const client of Object.values(clients)) client?.destroy();
}
