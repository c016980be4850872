/** A task of a service that should run, whatever its present status. */
export interface PlannedTask {
  id: string;
  /** Whether the task belongs to the newest deployment. */
  primary: boolean;
  /** Whether the task runs and its target group, if any, reports it healthy. */
  healthy: boolean;
  /** Whether the task is unhealthy after its grace period. */
  failing: boolean;
}

export interface ServiceSituation {
  desiredCount: number;
  /** Percentage of the desired count that must stay healthy while tasks are replaced. */
  minimumHealthyPercent: number;
  /** Percentage of the desired count that may run while tasks are replaced. */
  maximumPercent: number;
  /** Oldest first. */
  tasks: PlannedTask[];
}

export interface ServicePlan {
  /** Number of tasks of the newest deployment to start. */
  start: number;
  stop: { id: string; why: "failing" | "replaced" | "scaled-in" }[];
}

/**
 * Plans a service's next step towards its desired count of healthy tasks of the newest deployment. It stops failing
 * tasks, then those above the count (unhealthy and youngest first). It starts missing tasks up to the maximum, and
 * stops tasks of older deployments down to the minimum.
 */
export function planService({
  desiredCount,
  minimumHealthyPercent,
  maximumPercent,
  tasks,
}: ServiceSituation): ServicePlan {
  const failing = tasks.filter((task) => task.failing);
  const sound = tasks.filter((task) => !task.failing);
  const primary = sound.filter((task) => task.primary);
  const old = sound.filter((task) => !task.primary);

  const surplus = byUsefulness(primary).slice(desiredCount);
  const kept = primary.length - surplus.length;
  const ceiling = Math.max(desiredCount, Math.floor((desiredCount * maximumPercent) / 100));
  const start = Math.max(0, Math.min(desiredCount - kept, ceiling - kept - old.length));

  const floor = Math.ceil((desiredCount * minimumHealthyPercent) / 100);
  const stays = byUsefulness(primary).slice(0, desiredCount);
  const dispensable = stays.filter(isHealthy).length + old.filter(isHealthy).length - floor;
  const replaced = [
    ...old.filter((task) => !task.healthy),
    ...old.filter(isHealthy).slice(0, Math.max(0, dispensable)),
  ];
  return {
    start,
    stop: [
      ...failing.map(({ id }) => ({ id, why: "failing" as const })),
      ...surplus.map(({ id }) => ({ id, why: "scaled-in" as const })),
      ...replaced.map(({ id }) => ({ id, why: "replaced" as const })),
    ],
  };
}

const isHealthy = (task: PlannedTask) => task.healthy;

/** Sorts healthy and older tasks first; the last ones are stopped first. */
function byUsefulness(tasks: PlannedTask[]): PlannedTask[] {
  return [...tasks.filter(isHealthy), ...tasks.filter((task) => !task.healthy)];
}
