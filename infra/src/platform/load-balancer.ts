import { GONE_TYPE, ORIGIN_SECRET_HEADER } from "@lockstep/edge/names";
import { Duration } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  ApplicationListener,
  ApplicationListenerRule,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ListenerAction,
  ListenerCondition,
  SslPolicy,
} from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { listenerPort, type Network } from "./network.ts";

/** Seconds without a byte after which the load balancer closes a connection. The API's keep-alive outlasts it. */
export const IDLE_TIMEOUT_SECONDS = 60;
/** After every version's rule: those have priorities 1 to 90. 50,000 is the last priority that an ALB has. */
const CATCH_ALL_PRIORITY = 50_000;
/**
 * What the load balancer itself answers for a version that it has no rule for: the problem document of a version that is
 * gone. It cannot name versions. Elastic Load Balancing: at most 1,024 bytes, and of the JSON types only `application/json`.
 */
const GONE_BODY = JSON.stringify({
  type: GONE_TYPE,
  title: "This version is gone",
  status: 409,
  detail:
    "The version of the API that this page was built with no longer runs. Reload the page to get the current one.",
});

/**
 * The load balancer, which knows only two kinds of caller: CloudFront of this app, by the secret that it sends, and
 * everybody else (403). Each version adds one rule; what no rule takes is an explicit 409, never another version.
 */
export class LoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  readonly originSecret: Secret;
  /** Resolved by CloudFormation when it deploys: the value stands in no template. */
  readonly originSecretReference: string;

  constructor(scope: Construct, id: string, config: LockstepConfig, network: Network) {
    super(scope, id);
    this.originSecret = new Secret(this, "OriginSecret", {
      description: `What CloudFront of ${config.app} shows to its load balancer`,
      // Punctuation would be wildcards (* and ?) in a listener rule.
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    this.originSecretReference = this.originSecret.secretValue.unsafeUnwrap();
    this.loadBalancer = new ApplicationLoadBalancer(this, "LoadBalancer", {
      vpc: network.vpc,
      internetFacing: true,
      securityGroup: network.loadBalancerSecurityGroup,
      idleTimeout: Duration.seconds(IDLE_TIMEOUT_SECONDS),
    });
    this.listener = new ApplicationListener(this, "Listener", {
      loadBalancer: this.loadBalancer,
      port: listenerPort(config),
      open: false,
      ...protocol(this, config),
      defaultAction: ListenerAction.fixedResponse(403, {
        contentType: "text/plain",
        messageBody: "Forbidden",
      }),
    });
    new ApplicationListenerRule(this, "Gone", {
      listener: this.listener,
      priority: CATCH_ALL_PRIORITY,
      conditions: [ListenerCondition.httpHeader(ORIGIN_SECRET_HEADER, [this.originSecretReference])],
      action: ListenerAction.fixedResponse(409, { contentType: "application/json", messageBody: GONE_BODY }),
    });
  }
}

function protocol(scope: Construct, config: LockstepConfig) {
  const { origin } = config.edge;
  if (!origin) return { protocol: ApplicationProtocol.HTTP };
  return {
    protocol: ApplicationProtocol.HTTPS,
    sslPolicy: SslPolicy.RECOMMENDED_TLS,
    certificates: [Certificate.fromCertificateArn(scope, "Certificate", origin.certificateArn)],
  };
}
