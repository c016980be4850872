import { APP_ENVIRONMENT, ORIGIN_SECRET_HEADER, VERSION_ENVIRONMENT } from "@lockstep/edge/names";
import { hostOf } from "@lockstep/edge/version-map";
import { Aws, CfnOutput, type Stack } from "aws-cdk-lib";
import { CfnScalableTarget, CfnScalingPolicy } from "aws-cdk-lib/aws-applicationautoscaling";
import { CfnService, CfnTaskDefinition } from "aws-cdk-lib/aws-ecs";
import { CfnListenerRule, CfnTargetGroup } from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { CfnLogGroup } from "aws-cdk-lib/aws-logs";
import type { PlatformOutputs } from "../base/outputs.ts";
import { serviceName, targetGroupName, taskFamily, versionLogGroupName } from "../base/version-names.ts";
import type { LockstepConfig } from "../config/config.ts";

/** The input of a version's stack. */
export interface VersionStackProps {
  app: string;
  /** Version id. */
  id: string;
  /** Priority of its listener rule, 1 to 90, unique among versions that own a rule. */
  slot: number;
  /** Image by digest: `<repository>@sha256:<hex>`. A tag could later name another image. */
  image: string;
  /** Number of tasks at the start: as many as current runs. */
  desiredCount: number;
  config: LockstepConfig;
  outputs: PlatformOutputs;
}

const CONTAINER = "api";
/** How long the requests of a stopping task may take. Then open connections (events, WebSockets) are closed. */
const DEREGISTRATION_DELAY_SECONDS = 30;
/** How long a new task may fail its health check before ECS replaces it. */
const START_GRACE_SECONDS = 60;
/** Time between SIGTERM and SIGKILL. Fargate allows at most 120. */
const STOP_TIMEOUT_SECONDS = 60;
const LOG_RETENTION_DAYS = 30;
const TARGET_CPU_PERCENT = 60;

/** Adds the resources of one version. The rule comes first, because ECS refuses a target group without a listener. */
export function addVersionResources(stack: Stack, props: VersionStackProps): void {
  const targetGroup = addTargetGroup(stack, props);
  const rule = addRule(stack, props, targetGroup);
  const service = addService(stack, props, targetGroup, addTaskDefinition(stack, props));
  service.addResourceDependency(rule);
  addScaling(stack, props).addResourceDependency(service);
  new CfnOutput(stack, "TargetGroupArn", { value: targetGroup.ref });
  new CfnOutput(stack, "ServiceName", { value: service.attrName });
}

function addTargetGroup(stack: Stack, { id, config, outputs }: VersionStackProps): CfnTargetGroup {
  return new CfnTargetGroup(stack, "TargetGroup", {
    name: targetGroupName(id),
    targetType: "ip",
    vpcId: outputs.vpcId,
    port: config.api.port,
    protocol: "HTTP",
    // CloudFront speaks HTTP/1.1 to origins; HTTP2 would answer 464.
    protocolVersion: "HTTP1",
    healthCheckPath: config.api.healthPath,
    healthCheckIntervalSeconds: 10,
    healthCheckTimeoutSeconds: 5,
    healthyThresholdCount: 2,
    unhealthyThresholdCount: 3,
    matcher: { httpCode: "200" },
    targetGroupAttributes: [
      { key: "deregistration_delay.timeout_seconds", value: String(DEREGISTRATION_DELAY_SECONDS) },
    ],
  });
}

function addRule(stack: Stack, props: VersionStackProps, targetGroup: CfnTargetGroup): CfnListenerRule {
  const { id, slot, config, outputs } = props;
  return new CfnListenerRule(stack, "Rule", {
    listenerArn: outputs.listenerArn,
    priority: slot,
    conditions: [
      { field: "host-header", hostHeaderConfig: { values: [hostOf(id, config.edge.hostSuffix)] } },
      {
        field: "http-header",
        httpHeaderConfig: {
          httpHeaderName: ORIGIN_SECRET_HEADER,
          values: [`{{resolve:secretsmanager:${outputs.originSecretArn}:SecretString:::}}`],
        },
      },
    ],
    actions: [{ type: "forward", targetGroupArn: targetGroup.ref }],
  });
}

function addTaskDefinition(stack: Stack, props: VersionStackProps): CfnTaskDefinition {
  const { app, id, config, image, outputs } = props;
  const logGroup = new CfnLogGroup(stack, "Log", {
    logGroupName: versionLogGroupName(app, id),
    retentionInDays: LOG_RETENTION_DAYS,
  });
  const environment = {
    ...config.api.environment,
    PORT: String(config.api.port),
    [APP_ENVIRONMENT]: app,
    [VERSION_ENVIRONMENT]: id,
  };
  return new CfnTaskDefinition(stack, "Task", {
    family: taskFamily(app, id),
    cpu: String(config.api.cpu),
    memory: String(config.api.memory),
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    runtimePlatform: { cpuArchitecture: "X86_64", operatingSystemFamily: "LINUX" },
    taskRoleArn: outputs.taskRoleArn,
    executionRoleArn: outputs.executionRoleArn,
    containerDefinitions: [
      {
        name: CONTAINER,
        image,
        essential: true,
        portMappings: [{ containerPort: config.api.port, protocol: "tcp" }],
        environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        stopTimeout: STOP_TIMEOUT_SECONDS,
        // An init process as PID 1: SIGTERM ends an API that has no handler for it, and child processes are reaped.
        linuxParameters: { initProcessEnabled: true },
        logConfiguration: {
          logDriver: "awslogs",
          options: {
            "awslogs-group": logGroup.ref,
            "awslogs-region": Aws.REGION,
            "awslogs-stream-prefix": CONTAINER,
          },
        },
      },
    ],
  });
}

function addService(
  stack: Stack,
  { id, config, desiredCount, outputs }: VersionStackProps,
  targetGroup: CfnTargetGroup,
  task: CfnTaskDefinition,
): CfnService {
  return new CfnService(stack, "Service", {
    serviceName: serviceName(id),
    cluster: outputs.clusterName,
    launchType: "FARGATE",
    taskDefinition: task.ref,
    desiredCount,
    healthCheckGracePeriodSeconds: START_GRACE_SECONDS,
    deploymentConfiguration: {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      // There is nothing to roll back to. If the tasks do not start, the stack fails, and the release with it.
      deploymentCircuitBreaker: { enable: true, rollback: false },
    },
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: outputs.subnetIds.split(","),
        securityGroups: [outputs.taskSecurityGroupId],
        assignPublicIp: "ENABLED",
      },
    },
    loadBalancers: [
      { containerName: CONTAINER, containerPort: config.api.port, targetGroupArn: targetGroup.ref },
    ],
  });
}

function addScaling(
  stack: Stack,
  { id, config, desiredCount, outputs }: VersionStackProps,
): CfnScalableTarget {
  const target = new CfnScalableTarget(stack, "Scaling", {
    serviceNamespace: "ecs",
    scalableDimension: "ecs:service:DesiredCount",
    resourceId: `service/${outputs.clusterName}/${serviceName(id)}`,
    minCapacity: config.api.minTasks,
    // The number of tasks at the start can exceed the configured maximum.
    maxCapacity: Math.max(config.api.maxTasks, desiredCount),
  });
  new CfnScalingPolicy(stack, "ScalingPolicy", {
    policyName: "cpu",
    policyType: "TargetTrackingScaling",
    scalingTargetId: target.ref,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: TARGET_CPU_PERCENT,
      predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      scaleInCooldown: 300,
      scaleOutCooldown: 60,
    },
  });
  return target;
}
