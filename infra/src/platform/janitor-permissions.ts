import { versionMapParameter } from "@lockstep/edge/names";
import { ArnFormat, Stack } from "aws-cdk-lib";
import type { Cluster } from "aws-cdk-lib/aws-ecs";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { APP_TAG } from "../version/version-names.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import { mapRegions } from "./map-regions.ts";
import { platformStackName } from "./outputs.ts";
import type { Stores } from "./stores.ts";

/** What the janitor works on. */
export interface JanitorReach {
  cluster: Cluster;
  balancer: LoadBalancer;
  stores: Stores;
}

/**
 * What the janitor may do: change the ledger, the map and the pointer; scale, stop and delete versions; delete their files and
 * images; delete what has the app's tag and belongs to no version. Nothing else.
 */
export function janitorStatements(
  scope: Construct,
  config: LockstepConfig,
  reach: JanitorReach,
): PolicyStatement[] {
  const { app } = config;
  const { cluster, stores } = reach;
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
        "cloudfront-keyvaluestore:UpdateKeys",
      ],
      [stores.pointer.keyValueStoreArn],
    ),
    // The stack's own role does the deleting.
    allow(["cloudformation:DeleteStack", "cloudformation:DescribeStackEvents"], [versionStacks]),
    allow(["cloudformation:DescribeStacks"], [versionStacks, platformStack]),
    allow(["ecs:DescribeServices", "ecs:UpdateService"], [arn("ecs", `service/${cluster.clusterName}/*`)]),
    ...scaling(arn),
    ...orphans(arn, app, reach),
    // These know no resource.
    allow(
      [
        "application-autoscaling:DescribeScalableTargets",
        "cloudwatch:GetMetricData",
        "elasticloadbalancing:DescribeTargetGroups",
        "tag:GetResources",
      ],
      ["*"],
    ),
  ];
}

type Arn = (service: string, resource: string) => string;

/** The fewest tasks to which services scale in. A scalable target's ARN says nothing of its service: what it scales does. */
function scaling(arn: Arn): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ["application-autoscaling:RegisterScalableTarget"],
      resources: [arn("application-autoscaling", "scalable-target/*")],
      conditions: {
        StringEquals: {
          "application-autoscaling:service-namespace": "ecs",
          "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
        },
      },
    }),
  ];
}

/** What a stack would have taken with it, when its tag says that it is the app's; and images, which only releases push here. */
function orphans(arn: Arn, app: string, { cluster, balancer, stores }: JanitorReach): PolicyStatement[] {
  const name = balancer.loadBalancer.loadBalancerFullName;
  return [
    new PolicyStatement({
      actions: [
        "ecs:DeleteService",
        "elasticloadbalancing:DeleteRule",
        "elasticloadbalancing:DeleteTargetGroup",
        "logs:DeleteLogGroup",
      ],
      resources: [
        arn("ecs", `service/${cluster.clusterName}/*`),
        arn("elasticloadbalancing", `listener-rule/${name}/*`),
        arn("elasticloadbalancing", "targetgroup/ls-*/*"),
        arn("logs", `log-group:/lockstep/${app}/*`),
      ],
      conditions: { StringEquals: { [`aws:ResourceTag/${APP_TAG}`]: app } },
    }),
    allow(["ecr:DescribeImages", "ecr:BatchDeleteImage"], [stores.images.repositoryArn]),
  ];
}

function allow(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources });
}
