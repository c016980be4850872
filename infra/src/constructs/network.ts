import {
  GatewayVpcEndpointAwsService,
  type ISubnet,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { cloudFrontPrefixList } from "./prefix-lists.ts";

/** Port of the only listener. The prefix list takes 55 of a security group's 60 rules, so only one port fits. */
export function listenerPort(config: LockstepConfig): 80 | 443 {
  return config.edge.origin ? 443 : 80;
}

/**
 * Public subnets in two zones, and security groups that allow CloudFront → load balancer → tasks. Tasks have public
 * addresses instead of a NAT gateway (about $33 a month per zone). Their security group admits only the load balancer.
 */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly subnets: ISubnet[];
  readonly loadBalancerSecurityGroup: SecurityGroup;
  readonly taskSecurityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, config: LockstepConfig) {
    super(scope, id);
    this.vpc = new Vpc(this, "Vpc", {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: "public", subnetType: SubnetType.PUBLIC, cidrMask: 20 }],
      // Image layers come from S3, which is free through this endpoint. All other traffic uses the internet gateway.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      // Restricting it takes a custom resource, and nothing here uses the default group.
      restrictDefaultSecurityGroup: false,
    });
    this.subnets = this.vpc.publicSubnets;
    this.loadBalancerSecurityGroup = new SecurityGroup(this, "LoadBalancerSecurityGroup", {
      vpc: this.vpc,
      description: "Load balancer: in from CloudFront only, out to the tasks only",
      allowAllOutbound: false,
    });
    this.taskSecurityGroup = new SecurityGroup(this, "TaskSecurityGroup", {
      vpc: this.vpc,
      description: "Tasks: in from the load balancer only",
    });
    this.loadBalancerSecurityGroup.addIngressRule(
      Peer.prefixList(cloudFrontPrefixList(config)),
      Port.tcp(listenerPort(config)),
      "CloudFront",
    );
    this.loadBalancerSecurityGroup.addEgressRule(this.taskSecurityGroup, Port.tcp(config.api.port), "Tasks");
    this.taskSecurityGroup.addIngressRule(
      this.loadBalancerSecurityGroup,
      Port.tcp(config.api.port),
      "Load balancer",
    );
  }
}
