import { createApplicationAutoScaling } from "../../src/services/autoscaling/autoscaling.ts";
import { createCloudFront } from "../../src/services/cloudfront/cloudfront.ts";
import { createCloudWatch } from "../../src/services/cloudwatch/cloudwatch.ts";
import { createEcr } from "../../src/services/ecr/ecr.ts";
import { createEcs } from "../../src/services/ecs/ecs.ts";
import { createElbv2 } from "../../src/services/elbv2/elbv2.ts";
import { createLambda } from "../../src/services/lambda/lambda.ts";
import { pushImage } from "../ecr/registry-server.ts";
import { openStage, SCOPE, type Stage } from "./stage.ts";

/** A web server that responds with its greeting; with `CRASH` it exits before it listens. */
const SERVER = `
import { createServer } from "node:http";
if (process.env.CRASH) process.exit(7);
createServer((request, response) => response.end(process.env.GREETING)).listen(process.env.PORT);
`;

export interface ComputeStage extends Stage {
  /** An image of the server, addressed by digest. */
  image: string;
}

/** Starts the services that a version needs, with short ECS delays and health check intervals. */
export async function openComputeStage(): Promise<ComputeStage> {
  const stage = await openStage({}, (cloud) => ({
    "application-autoscaling": createApplicationAutoScaling(cloud),
    cloudfront: createCloudFront(cloud, { ports: [0], host: "127.0.0.1" }),
    ecr: createEcr(cloud),
    ecs: createEcs(cloud, { pollMs: 20, drainPollMs: 20, settleMs: 300 }),
    elbv2: createElbv2(cloud, { healthCheckIntervalScale: 0.05 }),
    lambda: createLambda(cloud, { retryDelaysMs: [0, 0] }),
    monitoring: createCloudWatch(cloud),
  }));
  await stage.cloud.call("ecr", "CreateRepository", { repositoryName: "api" }, SCOPE);
  const digest = await pushImage(stage.url, "api", "any", { files: { "index.mjs": SERVER } });
  return { ...stage, image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/api@${digest}` };
}
