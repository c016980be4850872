import { readFewestTasks } from "../../aws/scalable-targets.ts";
import { describeServices } from "../../aws/services.ts";
import { isRoutable, type Ledger } from "../../lifecycle/ledger.ts";
import type { ReadContext } from "../../versions/context.ts";

/** Tasks and scaling of a version. */
export interface Capacity {
  /** The desired count of its service. */
  desired: number;
  running: number;
  /** The minimum of its auto scaling; absent if it does not scale. */
  fewest?: number;
}

/**
 * Reads tasks and scaling of the versions that have a service. One call per 10 services and per 50 scalable targets.
 */
export async function readCapacity(
  ledger: Ledger,
  { clients, outputs }: ReadContext,
): Promise<Map<string, Capacity>> {
  const owners = Object.entries(ledger.versions).filter(
    ([, { state }]) => isRoutable(state) || state === "draining",
  );
  if (owners.length === 0) return new Map();
  const { ecs, autoscaling } = clients;
  const { clusterName } = outputs;
  const [services, fewest] = await Promise.all([
    describeServices(
      owners.map(([, { service }]) => service),
      { ecs, clusterName },
    ),
    readFewestTasks({ autoscaling, clusterName }),
  ]);
  return new Map(
    owners.flatMap(([id, { service: name }]): [string, Capacity][] => {
      const service = services.get(name);
      if (service === undefined) return [];
      const capacity: Capacity = {
        desired: service.desiredCount ?? 0,
        running: service.runningCount ?? 0,
      };
      const least = fewest.get(name);
      return [[id, least === undefined ? capacity : { ...capacity, fewest: least }]];
    }),
  );
}
