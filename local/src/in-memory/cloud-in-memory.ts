import { Cloud } from "../cloud.ts";
import { createApplicationAutoScaling } from "../services/autoscaling/autoscaling.ts";
import { createCloudFormation } from "../services/cloudformation/cloudformation.ts";
import { createCloudFront } from "../services/cloudfront/cloudfront.ts";
import { createKeyValueStore } from "../services/cloudfront-keyvaluestore/cloudfront-keyvaluestore.ts";
import { createCloudWatch } from "../services/cloudwatch/cloudwatch.ts";
import { createEcr } from "../services/ecr/ecr.ts";
import { createEcs } from "../services/ecs/ecs.ts";
import { createElbv2 } from "../services/elbv2/elbv2.ts";
import { createEvents } from "../services/events/events.ts";
import { createLogs } from "../services/logs/logs.ts";
import { createS3 } from "../services/s3/s3.ts";
import { createSecretsManager } from "../services/secretsmanager/secretsmanager.ts";
import { createSsm } from "../services/ssm/ssm.ts";
import { createTagging } from "../services/tagging/tagging.ts";
import { MemoryContainers } from "./memory-containers.ts";
import { MemoryListener } from "./memory-listener.ts";
import type { VirtualTime } from "./virtual-time.ts";

/**
 * Creates the services of the local AWS in this process, without sockets, files and child processes. They have the real
 * actions and the real engines of CloudFormation and ECS, and use the clock `time`.
 */
export function cloudInMemory(time: VirtualTime) {
  const cloud = new Cloud({ stateDir: "/nowhere", now: time.now, timers: time });
  const containers = new MemoryContainers(cloud);
  const listener = new MemoryListener();
  const slow = { pollMs: 2000, drainPollMs: 1000 };
  cloud.register("s3", createS3(cloud));
  cloud.register("ssm", createSsm(cloud));
  cloud.register("secretsmanager", createSecretsManager(cloud));
  cloud.register("logs", createLogs(cloud));
  cloud.register("monitoring", createCloudWatch(cloud));
  cloud.register("events", createEvents(cloud));
  cloud.register("application-autoscaling", createApplicationAutoScaling(cloud));
  cloud.register("ecr", createEcr(cloud));
  cloud.register("ecs", createEcs(cloud, { ...slow, host: containers }));
  cloud.register("elbv2", createElbv2(cloud, { openListener: listener.open, probe: containers.probe }));
  cloud.register("cloudfront-keyvaluestore", createKeyValueStore(cloud));
  cloud.register("cloudfront", createCloudFront(cloud, { ports: [] }));
  cloud.register("cloudformation", createCloudFormation(cloud, { pollMs: 1000 }));
  cloud.register("tagging", createTagging(cloud));
  return { cloud, containers, listener };
}
