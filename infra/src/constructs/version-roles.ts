import { Aws } from "aws-cdk-lib";
import type { Cluster } from "aws-cdk-lib/aws-ecs";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { targetGroupName, taskFamily, versionLogGroupName } from "../base/version-names.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import { allow, arn } from "./policy.ts";
import type { Stores } from "./stores.ts";

interface VersionRolesProps {
  app: string;
  cluster: Cluster;
  balancer: LoadBalancer;
  stores: Stores;
}

/** The roles of versions: for tasks, for starting tasks, and for CloudFormation to create and delete version stacks. */
export class VersionRoles extends Construct {
  /** Permissions of the API on AWS: none, until you grant them here. */
  readonly task: Role;
  readonly execution: Role;
  readonly versionStack: Role;

  constructor(scope: Construct, id: string, props: VersionRolesProps) {
    super(scope, id);
    const tasks = new ServicePrincipal("ecs-tasks.amazonaws.com");
    this.task = new Role(this, "Task", { assumedBy: tasks, description: `The API of ${props.app}` });
    this.execution = new Role(this, "Execution", {
      assumedBy: tasks,
      description: `Starts tasks of ${props.app}: pulls images, writes logs`,
    });
    props.stores.images.grantPull(this.execution);
    this.execution.addToPolicy(
      allow(["logs:CreateLogStream", "logs:PutLogEvents"], [`${logGroups(this, props.app)}:*`]),
    );
    this.versionStack = new Role(this, "VersionStack", {
      assumedBy: new ServicePrincipal("cloudformation.amazonaws.com"),
      description: `CloudFormation creates and deletes versions of ${props.app}`,
    });
    for (const statement of this.#versionStackStatements(props)) this.versionStack.addToPolicy(statement);
  }

  /** The permissions that CloudFormation needs to create, read, update and delete the resources of a version stack. */
  #versionStackStatements(props: VersionRolesProps): PolicyStatement[] {
    return [
      ...loadBalancing(this, props.balancer),
      ...containers(this, props),
      ...scaling(this, props.cluster),
      allow(
        [
          "logs:CreateLogGroup",
          "logs:DeleteLogGroup",
          "logs:GetDataProtectionPolicy",
          "logs:DescribeIndexPolicies",
          "logs:ListTagsForResource",
          "logs:PutRetentionPolicy",
          "logs:DeleteRetentionPolicy",
          "logs:TagResource",
          "logs:UntagResource",
        ],
        [logGroups(this, props.app), `${logGroups(this, props.app)}:*`],
      ),
      allow(["logs:DescribeLogGroups"], ["*"]),
      new PolicyStatement({
        actions: ["iam:PassRole"],
        resources: [this.task.roleArn, this.execution.roleArn],
        conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
      }),
      allow(["secretsmanager:GetSecretValue"], [props.balancer.originSecret.secretArn]),
    ];
  }
}

function logGroups(scope: Construct, app: string): string {
  return arn(scope, "logs", `log-group:${versionLogGroupName(app, "*")}`);
}

function loadBalancing(scope: Construct, balancer: LoadBalancer): PolicyStatement[] {
  const name = balancer.loadBalancer.loadBalancerFullName;
  const elb = "elasticloadbalancing";
  const targetGroups = arn(scope, elb, `targetgroup/${targetGroupName("*")}/*`);
  const rules = arn(scope, elb, `listener-rule/${name}/*`);
  return [
    allow(
      [
        `${elb}:CreateTargetGroup`,
        `${elb}:DeleteTargetGroup`,
        `${elb}:ModifyTargetGroup`,
        `${elb}:ModifyTargetGroupAttributes`,
      ],
      [targetGroups],
    ),
    allow([`${elb}:CreateRule`], [balancer.listener.listenerArn]),
    allow([`${elb}:DeleteRule`, `${elb}:ModifyRule`, `${elb}:SetRulePriorities`], [rules]),
    allow([`${elb}:AddTags`, `${elb}:RemoveTags`], [targetGroups, rules]),
    // AWS cannot limit the describe actions of Elastic Load Balancing v2 to a resource. ECS uses them to check the
    // target group.
    allow([`${elb}:Describe*`, "ec2:DescribeVpcs"], ["*"]),
  ];
}

function containers(scope: Construct, { app, cluster }: VersionRolesProps): PolicyStatement[] {
  const services = arn(scope, "ecs", `service/${cluster.clusterName}/*`);
  return [
    allow(
      ["ecs:CreateService", "ecs:DeleteService", "ecs:DescribeServices", "ecs:UpdateService"],
      [services],
    ),
    allow(
      ["ecs:TagResource", "ecs:UntagResource", "ecs:ListTagsForResource"],
      [services, arn(scope, "ecs", `task-definition/${taskFamily(app, "*")}:*`)],
    ),
    // CloudFormation uses these to wait until a service is stable.
    allow(
      ["ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:ListServiceDeployments"],
      ["service", "service-deployment", "service-revision"].map((kind) =>
        arn(scope, "ecs", `${kind}/${cluster.clusterName}/*`),
      ),
    ),
    // AWS cannot limit deregistering and describing to a resource, and for long could not limit registering.
    allow(
      ["ecs:RegisterTaskDefinition", "ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition"],
      ["*"],
    ),
  ];
}

/** Application Auto Scaling creates the alarms of a policy with the permissions of the caller that puts the policy. */
function scaling(scope: Construct, cluster: Cluster): PolicyStatement[] {
  const targets = arn(scope, "application-autoscaling", "scalable-target/*");
  const linked = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/*`;
  const as = "application-autoscaling";
  return [
    allow(
      [
        `${as}:RegisterScalableTarget`,
        `${as}:DeregisterScalableTarget`,
        `${as}:PutScalingPolicy`,
        `${as}:DeleteScalingPolicy`,
        `${as}:TagResource`,
        `${as}:UntagResource`,
        `${as}:ListTagsForResource`,
      ],
      [targets],
    ),
    allow(
      [
        `${as}:DescribeScalableTargets`,
        `${as}:DescribeScalingPolicies`,
        `${as}:DescribeScheduledActions`,
        // Can only be limited if the call names the alarms, and it is not documented whether Application Auto Scaling
        // does.
        "cloudwatch:DescribeAlarms",
      ],
      ["*"],
    ),
    allow(
      ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
      [arn(scope, "cloudwatch", `alarm:TargetTracking-service/${cluster.clusterName}/*`)],
    ),
    new PolicyStatement({
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [linked],
      conditions: {
        StringEquals: { "iam:AWSServiceName": "ecs.application-autoscaling.amazonaws.com" },
      },
    }),
  ];
}
