/** How fast ECS is here. AWS's own delays are minutes; tests set them to see what lies between. */
export interface EcsOptions {
  /** How long a task is PROVISIONING, and DEPROVISIONING (on AWS: its network interface). Milliseconds. Default 0. */
  provisioningMs: number;
  /** How often a draining target is looked at. Milliseconds. Default 100. */
  drainPollMs: number;
  /** How often the health of targets is looked at. Milliseconds. Default 250. */
  pollMs: number;
  /** How long a task without target group must run to count as healthy. Milliseconds. Default 1000. */
  settleMs: number;
  /** Wait before the next task, by the number of failures in a row. Milliseconds. Default: from the third, doubling to a minute. */
  backoffMs: (failures: number) => number;
  /** Between SIGTERM and SIGKILL when the cloud is closed. Milliseconds. Default 1000. */
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
