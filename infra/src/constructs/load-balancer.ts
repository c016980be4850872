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

/** Seconds without traffic after which the load balancer closes a connection. The API's keep-alive must be longer. */
export const IDLE_TIMEOUT_SECONDS = 60;
/** After the rules of the versions, which have the priorities 1 to 90. 50,000 is the last priority of an ALB. */
const CATCH_ALL_PRIORITY = 50_000;
/**
 * The load balancer's own answer for a version without a rule: the problem document of a version that is gone, without
 * version ids. Elastic Load Balancing allows at most 1,024 bytes, and no JSON type but `application/json`.
 */
const GONE_BODY = JSON.stringify({
  type: GONE_TYPE,
  title: "This version is gone",
  status: 409,
  detail:
    "The version of the API that this page was built with no longer runs. Reload the page to get the current one.",
});

/**
 * The load balancer. It answers 403 unless the request has the secret that the app's CloudFront distribution sends.
 * Each version adds one rule. A request that matches no rule is answered with 409, and never by another version.
 */
export class LoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  readonly originSecret: Secret;
  /** A dynamic reference that CloudFormation resolves at deployment, so that no template contains the value. */
  readonly originSecretReference: string;

  constructor(scope: Construct, id: string, config: LockstepConfig, network: Network) {
    super(scope, id);
    this.originSecret = new Secret(this, "OriginSecret", {
      description: `The secret that CloudFront sends to the load balancer of ${config.app}`,
      // A listener rule would read * and ? as wildcards.
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
