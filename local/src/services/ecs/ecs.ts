/**
 * ECS: clusters, task definitions, and services whose tasks are processes of this machine.
 *
 * **Gaps** One container with one port mapping and one target group per service. No RunTask, secrets, container health
 * checks, volumes, placement, capacity providers, Service Connect, Exec, or metadata endpoint. A tag is resolved at
 * each start of a task, not once per deployment. CPU and memory limits are not enforced.
 *
 * **By design** A task gets a free port in `PORT`; a program that ignores it receives no traffic. Its working directory
 * is a new folder with the image's files. Every task has its own process group, so signals reach all processes that it
 * starts. The groups end with this process in every case (`orphan-guard.ts`). Networking and roles are recorded. A task
 * without a target group counts as healthy after `settleMs`; AWS does not document its own criterion.
 *
 * **Client quirks** `DescribeServices` without `include: ["TAGS"]` returns no tags. A failed deployment without a
 * rollback target stays PRIMARY with `rolloutState` FAILED, so a client must check for that as well as for COMPLETED.
 */
import { type Cloud, perRegion, type Service } from "../../cloud.ts";
import { createClusterActions } from "./actions/clusters.ts";
import { createServiceActions } from "./actions/services.ts";
import { createTagActions } from "./actions/tags.ts";
import { createTaskDefinitionActions } from "./actions/task-definitions.ts";
import { createTaskActions } from "./actions/tasks.ts";
import { type ContainerHost, createProcessHost } from "./containers/container-host.ts";
import { DEFAULT_ECS_OPTIONS, type EcsOptions } from "./keeper/options.ts";
import { ServiceKeeper } from "./keeper/service-keeper.ts";
import type { EcsRegion, ServiceRecord } from "./state/model.ts";

/** Creates ECS. `host` runs the containers; by default they are processes of this machine. */
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
