import type { Cloud } from "@lockstep/local/in-memory";

export const REGION = "eu-west-1";
export const APP = "shop";
export const MAP_PARAMETER = `/lockstep/${APP}/version-map`;
export const REPOSITORY = "shop-api";
export const ORIGIN_SECRET = "between-cloudfront-and-the-load-balancer";
const SCOPE = { region: REGION };

/** Creates the parts of the platform that releases and the janitor use, as `cdk deploy` does. */
export async function createPlatform(cloud: Cloud) {
  const call = (service: Parameters<Cloud["call"]>[0], action: string, input: object) =>
    cloud.call(service, action, input, SCOPE);
  await call("s3", "CreateBucket", {
    Bucket: "web",
    CreateBucketConfiguration: { LocationConstraint: REGION },
  });
  await call("s3", "CreateBucket", {
    Bucket: "state",
    CreateBucketConfiguration: { LocationConstraint: REGION },
  });
  await call("s3", "PutBucketVersioning", {
    Bucket: "state",
    VersioningConfiguration: { Status: "Enabled" },
  });
  await call("ssm", "PutParameter", {
    Name: MAP_PARAMETER,
    Value: "{}",
    Type: "String",
    Tier: "Intelligent-Tiering",
  });
  await call("ecs", "CreateCluster", { clusterName: APP });
  await call("ecr", "CreateRepository", { repositoryName: REPOSITORY });
  const secret = await call("secretsmanager", "CreateSecret", {
    Name: "origin",
    SecretString: ORIGIN_SECRET,
  });
  const { KeyValueStore: store } = await call("cloudfront", "CreateKeyValueStore", { Name: APP });
  const balancer = await call("elbv2", "CreateLoadBalancer", {
    Name: APP,
    Subnets: ["subnet-a", "subnet-b"],
  });
  const { LoadBalancerArn, DNSName } = balancer.LoadBalancers[0];
  const fixed = (StatusCode: string) => [{ Type: "fixed-response", FixedResponseConfig: { StatusCode } }];
  const listener = await call("elbv2", "CreateListener", {
    LoadBalancerArn,
    Protocol: "HTTP",
    Port: 80,
    DefaultActions: fixed("409"),
  });
  return {
    webBucket: "web",
    stateBucket: "state",
    mapParameter: MAP_PARAMETER,
    keyValueStoreArn: store.ARN as string,
    distributionId: "E1",
    distributionDomain: "d1.cloudfront.net",
    listenerArn: listener.Listeners[0].ListenerArn as string,
    loadBalancerArn: LoadBalancerArn as string,
    loadBalancerDns: DNSName as string,
    originSecretArn: secret.ARN as string,
    clusterName: APP,
    vpcId: "vpc-1",
    subnetIds: "subnet-a,subnet-b",
    taskSecurityGroupId: "sg-1",
    taskRoleArn: "arn:aws:iam::123456789012:role/task",
    executionRoleArn: "arn:aws:iam::123456789012:role/execution",
    versionStackRoleArn: "arn:aws:iam::123456789012:role/version-stacks",
    imageRepositoryUri: `123456789012.dkr.ecr.${REGION}.amazonaws.com/${REPOSITORY}`,
    janitorFunctionName: "shop-janitor",
    janitorScheduleName: "shop-janitor",
  };
}
