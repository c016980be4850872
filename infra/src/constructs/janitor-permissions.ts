import type { Cluster } from "aws-cdk-lib/aws-ecs";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { EVENT_SOURCE } from "../aws/event-bus.ts";
import { platformStackName } from "../base/outputs.ts";
import { APP_TAG, targetGroupName, versionLogGroupName, versionStackName } from "../base/version-names.ts";
import type { LockstepConfig } from "../config/config.ts";
import { MANIFEST_PREFIX } from "../lifecycle/manifest.ts";
import { LEASE_PREFIX } from "../lifecycle/release-lease.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import { allow, arn } from "./policy.ts";
import type { Stores } from "./stores.ts";

/** The parts of the platform that the janitor works on. */
export interface JanitorReach {
  cluster: Cluster;
  balancer: LoadBalancer;
  stores: Stores;
}

/**
 * The janitor's permissions: change the ledger, the map and the pointer; scale, stop and delete versions; delete their
 * files and images; delete orphans that have the app's tag; put events of Lockstep on the default event bus.
 */
export function janitorStatements(
  scope: Construct,
  config: LockstepConfig,
  reach: JanitorReach,
): PolicyStatement[] {
  const { app } = config;
  const { cluster, stores } = reach;
  const versionStacks = arn(scope, "cloudformation", `stack/${versionStackName(app, "*")}/*`);
  const platformStack = arn(scope, "cloudformation", `stack/${platformStackName(app)}/*`);
  return [
    allow(["s3:GetObject", "s3:PutObject"], [stores.stateBucket.arnForObjects("*")]),
    // Excludes the ledger, which must never be deleted.
    allow(
      ["s3:DeleteObject"],
      [LEASE_PREFIX, MANIFEST_PREFIX].map((prefix) => stores.stateBucket.arnForObjects(`${prefix}*`)),
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
    allow(
      ["ecs:DescribeServices", "ecs:UpdateService"],
      [arn(scope, "ecs", `service/${cluster.clusterName}/*`)],
    ),
    scaling(scope),
    ...orphans(scope, app, reach),
    new PolicyStatement({
      actions: ["events:PutEvents"],
      resources: [arn(scope, "events", "event-bus/default")],
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

/** Changes the minimum of scalable targets. Their ARNs do not name the service, so conditions limit it to ECS. */
function scaling(scope: Construct): PolicyStatement {
  return new PolicyStatement({
    actions: ["application-autoscaling:RegisterScalableTarget"],
    resources: [arn(scope, "application-autoscaling", "scalable-target/*")],
    conditions: {
      StringEquals: {
        "application-autoscaling:service-namespace": "ecs",
        "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
      },
    },
  });
}

/** Deletes orphans: resources with the app's tag, and images of the app's repository. */
function orphans(
  scope: Construct,
  app: string,
  { cluster, balancer, stores }: JanitorReach,
): PolicyStatement[] {
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
        arn(scope, "ecs", `service/${cluster.clusterName}/*`),
        arn(scope, "elasticloadbalancing", `listener-rule/${name}/*`),
        arn(scope, "elasticloadbalancing", `targetgroup/${targetGroupName("*")}/*`),
        arn(scope, "logs", `log-group:${versionLogGroupName(app, "*")}`),
      ],
      conditions: { StringEquals: { [`aws:ResourceTag/${APP_TAG}`]: app } },
    }),
    allow(["ecr:DescribeImages", "ecr:BatchDeleteImage"], [stores.images.repositoryArn]),
  ];
}
