/**
 * ECS: clusters, task definitions, and services whose tasks are processes of this machine.
 *
 * **Gaps** One container with one port mapping and one target group per service. No RunTask, secrets, container health
 * checks, volumes, placement, capacity providers, Service Connect, Exec, metadata endpoint. A tag is resolved at each
 * start of a task, not once per deployment. CPU and memory are no limits.
 *
 * **By design** A task gets a free port, told by `PORT`; a program that does not read it is not reached. Its files are a
 * fresh folder, its working directory. Every task has a process group of its own, so signals reach all that it starts;
 * the groups end with this process, however that ends (`orphan-guard.ts`). Networking and roles are recorded.
 * What runs before it counts as healthy without a target group is `settleMs`; AWS does not document its own measure.
 *
 * **Client quirks** `DescribeServices` without `include: ["TAGS"]` shows no tags. A failed deployment with nothing to roll
 * back to stays PRIMARY with `rolloutState` FAILED: wait for that too, not only for COMPLETED.
 */
import { type Cloud, perRegion, type Service } from "../../cloud.ts";
import { createClusterActions } from "./clusters.ts";
import { type ContainerHost, createProcessHost } from "./container-host.ts";
import type { EcsRegion, ServiceRecord } from "./model.ts";
import { DEFAULT_ECS_OPTIONS, type EcsOptions } from "./options.ts";
import { ServiceKeeper } from "./service-keeper.ts";
import { createServiceActions } from "./services.ts";
import { createTagActions } from "./tags.ts";
import { createTaskDefinitionActions } from "./task-definitions.ts";
import { createTaskActions } from "./tasks.ts";

/** ECS of the local AWS. `host`: where its containers run; default as processes of this machine. */
export function createEcs(
  cloud: Cloud,
  { host = createProcessHost(cloud), ...given }: Partial<EcsOptions> & { host?: ContainerHost } = {},
): Service {
  const options = { ...DEFAULT_ECS_OPTIONS, ...given };
  const keepers = new Map<ServiceRecord, ServiceKeeper>();
  const stateOf = perRegion((region): EcsRegion => ({ region, clusters: new Map(), definitions: new Map() }));
  const watch = {
    begin: (service: ServiceRecord) =>
      void keepers.set(service, new ServiceKeeper(cloud, host, service, options)),
    touch: (service: ServiceRecord) => keepers.get(service)?.touch(),
  };
  return {
    actions: {
      ...createClusterActions(stateOf),
      ...createTaskDefinitionActions(cloud, stateOf),
      ...createServiceActions(cloud, stateOf, watch),
      ...createTaskActions(stateOf, (task, reason) => {
        for (const keeper of keepers.values()) keeper.stopTask(task, reason);
      }),
      ...createTagActions(stateOf),
    },
    async close() {
      for (const keeper of keepers.values()) keeper.abort();
      await host.close(options.closeGraceMs);
      await Promise.all([...keepers.values()].map((keeper) => keeper.ended()));
    },
  };
}
