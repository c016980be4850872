import {
  DescribeServicesCommand,
  type ECSClient,
  type Service,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import type { Clock } from "../lifecycle/clock.ts";

/** DescribeServices takes at most 10 names (ECS API). */
const BATCH = 10;
/** Between two looks at a service. */
const POLL_MS = 1000;

export interface ServicesOptions {
  ecs: Pick<ECSClient, "send">;
  clusterName: string;
}

/** The services that exist, by name; one call for every ten. */
export async function describeServices(
  names: readonly string[],
  { ecs, clusterName }: ServicesOptions,
): Promise<Map<string, Service>> {
  const batches = Array.from({ length: Math.ceil(names.length / BATCH) }, (_, index) =>
    names.slice(index * BATCH, (index + 1) * BATCH),
  );
  const answers = await Promise.all(
    batches.map((services) => ecs.send(new DescribeServicesCommand({ cluster: clusterName, services }))),
  );
  const found = answers
    .flatMap(({ services }) => services ?? [])
    .filter(({ status }) => status !== "INACTIVE");
  return new Map(found.map((service) => [service.serviceName!, service]));
}

/** Sets the desired count. */
export async function scaleTo(
  name: string,
  desiredCount: number,
  { ecs, clusterName }: ServicesOptions,
): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ cluster: clusterName, service: name, desiredCount }));
}

/** Sets the desired count to zero. A service that is gone has no tasks already. */
export async function scaleToZero(name: string, options: ServicesOptions): Promise<void> {
  try {
    await scaleTo(name, 0, options);
  } catch (error) {
    const gone = ["ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"];
    if (!gone.includes((error as Error).name)) throw error;
  }
}

/**
 * Waits until no task of a service runs: what was under way is finished and the targets are drained.
 *
 * @param until milliseconds since the epoch
 * @returns whether it came to that in time
 */
export async function waitForNoTasks(
  name: string,
  options: ServicesOptions & { until: number; clock: Clock },
): Promise<boolean> {
  for (;;) {
    const service = (await describeServices([name], options)).get(name);
    if ((service?.runningCount ?? 0) + (service?.pendingCount ?? 0) === 0) return true;
    if (options.clock.now() >= options.until) return false;
    await options.clock.sleep(POLL_MS);
  }
}
