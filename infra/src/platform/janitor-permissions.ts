import { versionMapParameter } from "@lockstep/edge/names";
import { ArnFormat, Stack } from "aws-cdk-lib";
import type { Cluster } from "aws-cdk-lib/aws-ecs";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { mapRegions } from "./map-regions.ts";
import { platformStackName } from "./outputs.ts";
import type { Stores } from "./stores.ts";

/** What the janitor works on. */
export interface JanitorReach {
  cluster: Cluster;
  stores: Stores;
}

/** What the janitor may do: change the ledger, the map and the pointer, stop and delete versions, delete their files. Nothing else. */
export function janitorStatements(
  scope: Construct,
  config: LockstepConfig,
  { cluster, stores }: JanitorReach,
): PolicyStatement[] {
  const { app } = config;
  const arn = (service: string, resource: string) =>
    Stack.of(scope).formatArn({ service, resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
  const versionStacks = arn("cloudformation", `stack/${app}-v-*/*`);
  const platformStack = arn("cloudformation", `stack/${platformStackName(app)}/*`);
  const [, ...copyRegions] = mapRegions(config);
  const mapCopies = copyRegions.map((region) =>
    Stack.of(scope).formatArn({
      service: "ssm",
      region,
      resource: `parameter${versionMapParameter(app)}`,
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    }),
  );
  return [
    allow(["s3:GetObject", "s3:PutObject"], [stores.stateBucket.arnForObjects("*")]),
    // Not the ledger: what stands beside it.
    allow(
      ["s3:DeleteObject"],
      ["leases/*", "manifests/*"].map((keys) => stores.stateBucket.arnForObjects(keys)),
    ),
    allow(["s3:ListBucket"], [stores.stateBucket.bucketArn, stores.webBucket.bucketArn]),
    allow(["s3:GetObject", "s3:DeleteObject"], [stores.webBucket.arnForObjects("*")]),
    allow(["ssm:GetParameter", "ssm:PutParameter"], [stores.mapParameter.parameterArn, ...mapCopies]),
    allow(
      [
        "cloudfront-keyvaluestore:DescribeKeyValueStore",
        "cloudfront-keyvaluestore:GetKey",
        "cloudfront-keyvaluestore:ListKeys",
        "cloudfront-keyvaluestore:UpdateKeys",
      ],
      [stores.pointer.keyValueStoreArn],
    ),
    // The stack's own role does the deleting.
    allow(
      [
        "cloudformation:DeleteStack",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResources",
        "cloudformation:ListStackResources",
      ],
      [versionStacks],
    ),
    allow(["cloudformation:DescribeStacks"], [versionStacks, platformStack]),
    allow(["ecs:DescribeServices", "ecs:UpdateService"], [arn("ecs", `service/${cluster.clusterName}/*`)]),
    // These know no resource.
    allow(
      [
        "cloudwatch:GetMetricData",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
      ],
      ["*"],
    ),
  ];
}

function allow(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources });
}
