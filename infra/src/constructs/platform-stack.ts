import { buildEdge } from "@lockstep/edge/build";
import { CfnOutput, Fn, Stack, type StackProps } from "aws-cdk-lib";
import { Cluster } from "aws-cdk-lib/aws-ecs";
import type { Construct } from "constructs";
import { PLATFORM_OUTPUT_IDS, type PlatformOutputs, platformStackName } from "../base/outputs.ts";
import type { LockstepConfig } from "../config/config.ts";
import { failedChecks } from "./checks.ts";
import { EdgeDistribution } from "./distribution.ts";
import { edgeSettings } from "./edge-settings.ts";
import { Janitor } from "./janitor.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { Network } from "./network.ts";
import { routeFunction } from "./route-function.ts";
import { Stores } from "./stores.ts";
import { VersionRoles } from "./version-roles.ts";
import { ViewerFunctions } from "./viewer-functions.ts";

/** The resources that all versions share. `cdk deploy` creates them. */
export class PlatformStack extends Stack {
  constructor(scope: Construct, config: LockstepConfig, props: StackProps) {
    super(scope, platformStackName(config.app), {
      description: `Lockstep: the platform of ${config.app}`,
      ...props,
    });
    const network = new Network(this, "Network", config);
    const stores = new Stores(this, "Stores", config);
    const balancer = new LoadBalancer(this, "Balancer", config, network);
    const cluster = new Cluster(this, "Cluster", { clusterName: config.app, vpc: network.vpc });
    const roles = new VersionRoles(this, "Roles", { app: config.app, cluster, balancer, stores });
    const settings = edgeSettings(config);
    const code = buildEdge(settings);
    const functions = new ViewerFunctions(this, "Viewer", config.app, code, stores.pointer);
    const route = routeFunction(this, config, code.route);
    const edge = { config, webBucket: stores.webBucket, balancer, functions, route };
    const { distribution } = new EdgeDistribution(this, "Edge", edge);
    const janitor = new Janitor(this, "Janitor", config, { cluster, balancer, stores });

    const { route: _lambda, ...functionCode } = code;
    const facts = { config, settings, functions: functionCode };
    this.node.addValidation({
      validate: () => failedChecks(facts).map(({ check, message }) => `${check}: ${message}`),
    });
    this.#output({
      webBucket: stores.webBucket.bucketName,
      stateBucket: stores.stateBucket.bucketName,
      mapParameter: stores.mapParameter.parameterName,
      keyValueStoreArn: stores.pointer.keyValueStoreArn,
      distributionId: distribution.distributionId,
      distributionDomain: distribution.distributionDomainName,
      listenerArn: balancer.listener.listenerArn,
      loadBalancerArn: balancer.loadBalancer.loadBalancerArn,
      loadBalancerDns: balancer.loadBalancer.loadBalancerDnsName,
      originSecretArn: balancer.originSecret.secretArn,
      clusterName: cluster.clusterName,
      vpcId: network.vpc.vpcId,
      subnetIds: Fn.join(
        ",",
        network.subnets.map((subnet) => subnet.subnetId),
      ),
      taskSecurityGroupId: network.taskSecurityGroup.securityGroupId,
      taskRoleArn: roles.task.roleArn,
      executionRoleArn: roles.execution.roleArn,
      versionStackRoleArn: roles.versionStack.roleArn,
      imageRepositoryUri: stores.images.repositoryUri,
      janitorFunctionName: janitor.function.functionName,
      janitorScheduleName: janitor.schedule.scheduleName,
    });
  }

  /**
   * Two zones, which CloudFormation chooses at deployment. CDK would look them up if the account is known, which needs
   * credentials and the network.
   */
  override get availabilityZones(): string[] {
    return [0, 1].map((index) => Fn.select(index, Fn.getAzs()));
  }

  #output(outputs: PlatformOutputs): void {
    for (const [field, value] of Object.entries(outputs))
      new CfnOutput(this, PLATFORM_OUTPUT_IDS[field as keyof PlatformOutputs], { value });
  }
}
