import { readFewestTasks } from "../aws/scalable-targets.ts";
import { describeServices } from "../aws/services.ts";
import { isRoutable, type Ledger } from "../lifecycle/ledger.ts";
import type { JanitorContext } from "./look.ts";

/** What a version runs on now. */
export interface RunsOn {
  /** Tasks that are wanted. */
  desired: number;
  running: number;
  /** Its scaling goes down to so many tasks; absent when it does not scale. */
  fewest?: number;
}

/** What every version that owns a service runs on, by its id. One call for every ten services, and one for every fifty that scale. */
export async function readRunsOn(
  ledger: Ledger,
  { clients, outputs }: JanitorContext,
): Promise<Map<string, RunsOn>> {
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
    owners.flatMap(([id, { service: name }]): [string, RunsOn][] => {
      const service = services.get(name);
      if (service === undefined) return [];
      const runsOn: RunsOn = {
        desired: service.desiredCount ?? 0,
        running: service.runningCount ?? 0,
      };
      const least = fewest.get(name);
      return [[id, least === undefined ? runsOn : { ...runsOn, fewest: least }]];
    }),
  );
}
