/** Delays of ECS. AWS's own take minutes; tests increase them to observe intermediate states. */
export interface EcsOptions {
  /**
   * Milliseconds that a task stays PROVISIONING and DEPROVISIONING. On AWS, it waits for its network interface then.
   * Default 0.
   */
  provisioningMs: number;
  /** Interval between checks of a draining target. Milliseconds. Default 100. */
  drainPollMs: number;
  /** Interval between checks of the targets' health. Milliseconds. Default 250. */
  pollMs: number;
  /** How long a task without a target group must run to count as healthy. Milliseconds. Default 1000. */
  settleMs: number;
  /**
   * Delay before the next task, by the number of consecutive failures. Milliseconds. Default: none for two failures,
   * then 1 s, doubling up to a minute.
   */
  backoffMs: (failures: number) => number;
  /** Time between SIGTERM and SIGKILL when the cloud is closed. Milliseconds. Default 1000. */
  closeGraceMs: number;
}

export const DEFAULT_ECS_OPTIONS: EcsOptions = {
  provisioningMs: 0,
  drainPollMs: 100,
  pollMs: 250,
  settleMs: 1000,
  backoffMs: (failures) => (failures < 3 ? 0 : Math.min(60_000, 1000 * 2 ** (failures - 3))),
  closeGraceMs: 1000,
};
