import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudFrontKeyValueStoreClient } from "@aws-sdk/client-cloudfront-keyvaluestore";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import { S3Client } from "@aws-sdk/client-s3";
import { SSMClient } from "@aws-sdk/client-ssm";

/** One client per service. Credentials, endpoint (`AWS_ENDPOINT_URL`) and retries are the defaults of the SDK. */
export interface AwsClients {
  autoscaling: ApplicationAutoScalingClient;
  cloudformation: CloudFormationClient;
  cloudwatch: CloudWatchClient;
  ecr: ECRClient;
  ecs: ECSClient;
  elb: ElasticLoadBalancingV2Client;
  events: EventBridgeClient;
  keyValueStore: CloudFrontKeyValueStoreClient;
  logs: CloudWatchLogsClient;
  s3: S3Client;
  ssm: SSMClient;
  tagging: ResourceGroupsTaggingAPIClient;
}

/** Region of CloudFront's global resources. */
const CLOUDFRONT_REGION = "us-east-1";

export function createAwsClients(region: string): AwsClients {
  return {
    autoscaling: new ApplicationAutoScalingClient({ region }),
    cloudformation: new CloudFormationClient({ region }),
    cloudwatch: new CloudWatchClient({ region }),
    ecr: new ECRClient({ region }),
    ecs: new ECSClient({ region }),
    elb: new ElasticLoadBalancingV2Client({ region }),
    events: new EventBridgeClient({ region }),
    keyValueStore: new CloudFrontKeyValueStoreClient({ region: CLOUDFRONT_REGION }),
    logs: new CloudWatchLogsClient({ region }),
    s3: new S3Client({ region }),
    ssm: new SSMClient({ region }),
    tagging: new ResourceGroupsTaggingAPIClient({ region }),
  };
}

/** Closes the sockets that the clients keep alive. */
export function destroyAwsClients(clients: AwsClients): void {
  for (const client of Object.values(clients)) client?.destroy();
}
