import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cloud, type Log } from "./cloud.ts";
import { Faults } from "./faults/faults.ts";
import { createApplicationAutoScaling } from "./services/autoscaling/autoscaling.ts";
import { createCloudFormation, seedBootstrap } from "./services/cloudformation/cloudformation.ts";
import { createCloudFront } from "./services/cloudfront/cloudfront.ts";
import { createKeyValueStore } from "./services/cloudfront-keyvaluestore/cloudfront-keyvaluestore.ts";
import { createCloudWatch } from "./services/cloudwatch/cloudwatch.ts";
import { createEc2 } from "./services/ec2/ec2.ts";
import { createEcr } from "./services/ecr/ecr.ts";
import { createEcs } from "./services/ecs/ecs.ts";
import { createElbv2 } from "./services/elbv2/elbv2.ts";
import { createEvents } from "./services/events/events.ts";
import { createIam } from "./services/iam/iam.ts";
import { createLambda } from "./services/lambda/lambda.ts";
import { createLogs } from "./services/logs/logs.ts";
import { createS3 } from "./services/s3/s3.ts";
import { createScheduler } from "./services/scheduler/scheduler.ts";
import { createSecretsManager } from "./services/secretsmanager/secretsmanager.ts";
import { createSns } from "./services/sns/sns.ts";
import { createSqs } from "./services/sqs/sqs.ts";
import { createSsm } from "./services/ssm/ssm.ts";
import { createSts } from "./services/sts/sts.ts";
import { createTagging } from "./services/tagging/tagging.ts";
import { startEndpoint } from "./wire/endpoint.ts";

export interface LocalAwsOptions {
  /** Port of the AWS endpoint. Default 0: a free one. */
  endpointPort?: number;
  /** One port per simulated edge of the first distribution. Default `[0]`: one edge on a free port. */
  distributionPorts?: readonly number[];
  /** Ports of the first load balancer's listeners. Default `[0]`. */
  loadBalancerPorts?: readonly number[];
  /** Regions that are bootstrapped for the CDK. Default: `us-east-1` (for Lambda@Edge) and `eu-west-1`. */
  regions?: readonly string[];
  /** Seed of the random decisions of fault rules. Default random. */
  faultSeed?: number;
  /** Milliseconds since the epoch; tests pass a clock that they control. Default `Date.now`. */
  now?: () => number;
  /** Receives one line per log message. Default: none. */
  log?: Log;
}

export interface LocalAws {
  /** Value for `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly cloud: Cloud;
  /** Makes clients' calls fail. It has no rules at first. */
  readonly faults: Faults;
  /** Returns the deployed distributions, with one URL per simulated edge. */
  distributions(): { id: string; domainName: string; urls: string[] }[];
  /** Returns the deployed listeners. */
  listeners(): { dnsName: string; port: number; url: string }[];
  /** Ends every process, socket and timer, and deletes every file of this run. */
  close(): Promise<void>;
}

/**
 * Starts an empty AWS on this machine. It is configured by deployments and keeps nothing after it is closed. Throws the
 * system's `EADDRINUSE` for a port in use.
 */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const host = "127.0.0.1";
  const stateDir = await mkdtemp(join(tmpdir(), "local-aws-"));
  const cloud = new Cloud({ stateDir, now: options.now, log: options.log });
  const faults = new Faults({ operations: () => cloud.operations(), seed: options.faultSeed });
  const elbv2 = createElbv2(cloud, { ports: [...(options.loadBalancerPorts ?? [0])], host });
  const ecr = createEcr(cloud);
  const cloudformation = createCloudFormation(cloud);
  const cloudfront = createCloudFront(cloud, { ports: [...(options.distributionPorts ?? [0])], host });

  // Services close in reverse order: first those that receive requests, then those that handle them, then storage.
  cloud.register("s3", createS3(cloud));
  cloud.register("ssm", createSsm(cloud));
  cloud.register("sts", createSts(cloud));
  cloud.register("secretsmanager", createSecretsManager(cloud));
  cloud.register("logs", createLogs(cloud));
  cloud.register("iam", createIam(cloud));
  cloud.register("ec2", createEc2(cloud));
  cloud.register("sqs", createSqs(cloud));
  cloud.register("sns", createSns(cloud));
  cloud.register("events", createEvents(cloud));
  cloud.register("monitoring", createCloudWatch(cloud));
  cloud.register("application-autoscaling", createApplicationAutoScaling(cloud));
  cloud.register("ecr", ecr);
  cloud.register("lambda", createLambda(cloud));
  cloud.register("ecs", createEcs(cloud));
  cloud.register("elbv2", elbv2);
  cloud.register("cloudfront-keyvaluestore", createKeyValueStore(cloud));
  cloud.register("cloudfront", cloudfront);
  cloud.register("cloudformation", cloudformation);
  cloud.register("scheduler", createScheduler(cloud));
  cloud.register("tagging", createTagging(cloud));

  const close = async (endpoint?: { close(): Promise<void> }): Promise<void> => {
    try {
      await endpoint?.close();
      await cloud.close();
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  };
  try {
    const endpoint = await startEndpoint(cloud, {
      port: options.endpointPort ?? 0,
      host,
      faults,
      // Requests that are not AWS API calls: responses of custom resources, and pushes and pulls of images.
      handlers: [cloudformation.responseHandler, { prefix: "/v2/", handle: ecr.handleRegistry }],
    });
    for (const region of options.regions ?? ["us-east-1", "eu-west-1"]) await seedBootstrap(cloud, region);
    return {
      endpoint: endpoint.url,
      cloud,
      faults,
      distributions: () => cloudfront.distributions(),
      listeners: () => elbv2.listeners(),
      close: () => close(endpoint),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
