/** A task of a service as the plan sees it: it is wanted to run, whatever it does at the moment. */
export interface PlannedTask {
  id: string;
  /** Belongs to the newest deployment. */
  primary: boolean;
  /** Runs, and its target group (if it has one) says healthy. */
  healthy: boolean;
  /** Unhealthy although its grace period is over. */
  failing: boolean;
}

export interface ServiceSituation {
  desiredCount: number;
  /** Percent of the desired count that must stay healthy while tasks are replaced. */
  minimumHealthyPercent: number;
  /** Percent of the desired count that may run while tasks are replaced. */
  maximumPercent: number;
  /** Oldest first. */
  tasks: PlannedTask[];
}

export interface ServicePlan {
  /** How many tasks of the newest deployment to start. */
  start: number;
  stop: { id: string; why: "failing" | "replaced" | "scaled-in" }[];
}

/**
 * What a service does next to have its desired count of healthy tasks of the newest deployment:
 * failing tasks go, then those above the count (unhealthy and youngest first); missing ones start as far as the
 * maximum allows; tasks of older deployments go as far as the minimum allows.
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

/** Healthy and old ones first: they are the last to go. */
function byUsefulness(tasks: PlannedTask[]): PlannedTask[] {
  return [...tasks.filter(isHealthy), ...tasks.filter((task) => !task.healthy)];
}
