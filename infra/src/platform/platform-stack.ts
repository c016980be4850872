import { buildEdge } from "@lockstep/edge/build";
import { CfnOutput, Fn, Stack, type StackProps } from "aws-cdk-lib";
import { type CfnCluster, Cluster } from "aws-cdk-lib/aws-ecs";
import type { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { EdgeDistribution } from "../edge/distribution.ts";
import { edgeSettings } from "../edge/edge-settings.ts";
import { routeFunction } from "../edge/route-function.ts";
import { ViewerFunctions } from "../edge/viewer-functions.ts";
import { failedChecks } from "./checks.ts";
import { Janitor } from "./janitor.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { Network } from "./network.ts";
import { PLATFORM_OUTPUT_IDS, type PlatformOutputs, platformStackName } from "./outputs.ts";
import { Stores } from "./stores.ts";
import { VersionRoles } from "./version-roles.ts";

/** Everything that is there once, whatever versions run: made by `cdk deploy`, changed rarely. */
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
    // Both, whatever the configuration says now: a service on a provider that its cluster lacks cannot be changed any more.
    (cluster.node.defaultChild as CfnCluster).capacityProviders = ["FARGATE", "FARGATE_SPOT"];
    const roles = new VersionRoles(this, "Roles", { app: config.app, cluster, balancer, stores });
    const settings = edgeSettings(config);
    const code = buildEdge(settings);
    const functions = new ViewerFunctions(this, "Viewer", config.app, code, stores.pointer);
    const route = routeFunction(this, config, code.route);
    const edge = { config, webBucket: stores.webBucket, balancer, functions, route };
    const { distribution } = new EdgeDistribution(this, "Edge", edge);
    const janitor = new Janitor(this, "Janitor", config, { cluster, balancer, stores });

    const { route: _lambda, ...functionCode } = code;
    const facts = {
      config,
      settings,
      functions: functionCode,
      routeArchitecture: route.architecture.name,
    };
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
   * Two zones, whichever the account has, chosen by CloudFormation. With a known account CDK would look them up, which takes
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
