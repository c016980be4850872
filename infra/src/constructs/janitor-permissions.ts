import { ArnFormat, Stack } from "aws-cdk-lib";
import type { Cluster } from "aws-cdk-lib/aws-ecs";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { EVENT_SOURCE } from "../aws/event-bus.ts";
import { platformStackName } from "../base/outputs.ts";
import { APP_TAG } from "../base/version-names.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import type { Stores } from "./stores.ts";

/** The parts of the platform that the janitor works on. */
export interface JanitorReach {
  cluster: Cluster;
  balancer: LoadBalancer;
  stores: Stores;
}

/**
 * The janitor's permissions: change the ledger, the map and the pointer; scale, stop and delete versions; delete their files and
 * images; delete orphans that have the app's tag; put events of Lockstep on the default event bus.
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
  return [
    allow(["s3:GetObject", "s3:PutObject"], [stores.stateBucket.arnForObjects("*")]),
    // Not the ledger itself.
    allow(
      ["s3:DeleteObject"],
      ["leases/*", "manifests/*"].map((keys) => stores.stateBucket.arnForObjects(keys)),
    ),
    allow(["s3:ListBucket"], [stores.stateBucket.bucketArn, stores.webBucket.bucketArn]),
    allow(["s3:GetObject", "s3:DeleteObject"], [stores.webBucket.arnForObjects("*")]),
    allow(["ssm:GetParameter", "ssm:PutParameter"], [stores.mapParameter.parameterArn]),
    allow(
      [
        "cloudfront-keyvaluestore:DescribeKeyValueStore",
        "cloudfront-keyvaluestore:GetKey",
        "cloudfront-keyvaluestore:UpdateKeys",
      ],
      [stores.pointer.keyValueStoreArn],
    ),
    // CloudFormation deletes the resources with the stack's own role.
    allow(["cloudformation:DeleteStack", "cloudformation:DescribeStackEvents"], [versionStacks]),
    allow(["cloudformation:DescribeStacks"], [versionStacks, platformStack]),
    allow(["ecs:DescribeServices", "ecs:UpdateService"], [arn("ecs", `service/${cluster.clusterName}/*`)]),
    ...scaling(arn),
    ...orphans(arn, app, reach),
    new PolicyStatement({
      actions: ["events:PutEvents"],
      resources: [arn("events", "event-bus/default")],
      conditions: { StringEquals: { "events:source": EVENT_SOURCE } },
    }),
    // AWS cannot limit these actions to a resource.
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

/** Changes the minimum of scalable targets. The ARN of a scalable target does not name its service, so conditions limit it to ECS. */
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

/** Deletes orphans: resources with the app's tag, and images of the app's repository. */
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
