import {
  DescribeServicesCommand,
  type ECSClient,
  type Service,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import type { Clock } from "../base/clock.ts";

/** DescribeServices accepts at most 10 names (ECS API). */
const BATCH = 10;
/** Time between two reads of a service. */
const POLL_MS = 1000;

export interface ServicesOptions {
  ecs: Pick<ECSClient, "send">;
  clusterName: string;
}

/** Reads the services that exist, by name. One call per 10 names. */
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

/** Sets the desired count of a service. */
export async function scaleTo(
  name: string,
  desiredCount: number,
  { ecs, clusterName }: ServicesOptions,
): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ cluster: clusterName, service: name, desiredCount }));
}

/** Sets the desired count to zero. Ignores a service that does not exist. */
export async function scaleToZero(name: string, options: ServicesOptions): Promise<void> {
  try {
    await scaleTo(name, 0, options);
  } catch (error) {
    const missing = ["ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"];
    if (!missing.includes((error as Error).name)) throw error;
  }
}

/**
 * Waits until no task of a service runs, so that its requests are finished and its targets are drained.
 *
 * @param until milliseconds since the epoch
 * @returns `false` if tasks still run at that time
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
